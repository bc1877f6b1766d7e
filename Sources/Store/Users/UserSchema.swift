/// The tables of users and their sessions.
enum UserSchema {
    static let migration0005 = Migration(
        "0005-users",
        sql: """
            -- Who may sign in.
            CREATE TABLE user (
                name TEXT NOT NULL PRIMARY KEY, -- what is typed at the login
                displayName TEXT NOT NULL,
                role TEXT NOT NULL,             -- a Role
                unit TEXT,                      -- slug of the unit a `unit` user works for
                language TEXT,                  -- zh-CN or en; NULL for the site's
                password TEXT NOT NULL,         -- scrypt$N$r$p$salt$hash, salt and hash in base64
                createdAt INTEGER NOT NULL      -- microseconds since the epoch, UTC
            ) WITHOUT ROWID;

            -- Who is signed in; the token itself is nowhere but with its owner.
            CREATE TABLE session (
                token TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the token, hex
                user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
                createdAt INTEGER NOT NULL,      -- microseconds since the epoch, UTC
                lastSeenAt INTEGER NOT NULL      -- microseconds since the epoch, UTC; written once a minute at most
            ) WITHOUT ROWID;
            CREATE INDEX sessionByUser ON session (user);
            """
    )
}
