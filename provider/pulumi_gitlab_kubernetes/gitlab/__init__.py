"""The one door to GitLab: connection, requests, responses, retries."""
