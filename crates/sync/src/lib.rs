//! Cancellation tokens, task trackers, notifications and one-shot channels.
