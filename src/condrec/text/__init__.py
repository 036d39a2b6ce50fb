"""Text: word pieces, language models, sentence embeddings."""

from condrec.text.backends import open_language_model
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
    "open_language_model",
    "sentence_embeddings",
    "tokenizer",
]
