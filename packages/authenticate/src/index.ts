// Who are you? Logins and sessions.
export {};
