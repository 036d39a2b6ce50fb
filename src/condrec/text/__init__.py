"""Text: word pieces, language models, sentence embeddings."""

from condrec.text.extractive import ExtractiveLanguageModel
from condrec.text.language_models import (
    LanguageModel,
    RecordedLanguageModel,
    Usage,
    estimated_usage,
)
from condrec.text.sentence_embeddings import best_available_encoder, sentence_embeddings
from condrec.text.tokenizer import Tokenizer, tokenizer

__all__ = [
    "ExtractiveLanguageModel",
    "LanguageModel",
    "RecordedLanguageModel",
    "Tokenizer",
    "Usage",
    "best_available_encoder",
    "estimated_usage",
    "sentence_embeddings",
    "tokenizer",
]
