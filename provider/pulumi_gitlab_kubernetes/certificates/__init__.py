"""Certificates and keys as GitLab's OpenSSL reads them."""
