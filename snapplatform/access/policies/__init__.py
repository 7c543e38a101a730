"""The policy language: documents checked, requests decided, lists narrowed. No model is known here."""
