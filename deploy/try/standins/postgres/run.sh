set -eu
secret=${POSTGRES_PASSWORD:-$(cat "${POSTGRES_PASSWORD_FILE:-/dev/null}")}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    echo "$secret" > /tmp/secret
    initdb --encoding=UTF8 --username="$POSTGRES_USER" --pwfile=/tmp/secret --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    rm /tmp/secret
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl --silent --wait --options="-c listen_addresses=" start
    createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --silent --wait --mode=fast stop
fi
exec postgres -c listen_addresses='*'
