"""The commands of `referral`, one module each."""
