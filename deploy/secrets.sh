#!/bin/sh
# Makes the files of secrets that docker-compose.yml hands to its services, those that are not there yet: `sh deploy/secrets.sh`.
# What others give you (Junction's signing secret and API key, receivers) you write into them afterwards; docs/deploy.md
# says which. The folder is closed; the files in it can be read, because a container sees a file as it is here, whoever
# owns it, and our services are user 10001. Safe to repeat: it changes no password, only files that are made of them.
# What stands in .env, where an earlier version had its secrets, is taken from there: databases know these passwords.
set -eu
umask 077
cd "${1:-$(dirname "$0")/..}"
mkdir -p secrets
cd secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# In place: a container that runs sees the same file, and not one that took its name.
write() {
    cat > "$1"
    chmod 644 "$1"
}

once() {
    if [ -e "$1" ]; then cat > /dev/null; else write "$1"; fi
}

# A variable of .env, without quotes around it; nothing where there is none.
earlier() {
    [ ! -e ../.env ] || sed -n "s/^$1=//p" ../.env | tail -n 1 | sed "s/^'\(.*\)'\$/\1/; s/^\"\(.*\)\"\$/\1/" | tr -d '\r\n'
}

# Of .env, or else what comes in.
kept() {
    found=$(earlier "$2")
    if [ -n "$found" ]; then cat > /dev/null; printf '%s' "$found" | once "$1"; else once "$1"; fi
}

for name in postgres_password grafana_password sink_db_password streams_query_token; do
    random | kept "$name" "$(echo "$name" | tr '[:lower:]' '[:upper:]')"
done

# Logins on Kafka: the administrator, and one for each role of docs/rights.md.
logins="admin streams-gateway streams-worker streams-fetcher streams-notify streams-sink streams-source streams-console streams-support
    streams-operator streams-consumer streams-labs streams-notes"
for login in $logins; do
    random | once "kafka_$login"
done
for listener in internal external; do
    printf '%s.KafkaServer {\n    org.apache.kafka.common.security.plain.PlainLoginModule required' "$listener"
    for login in $logins; do
        printf '\n    user_%s="%s"' "$login" "$(cat "kafka_$login")"
    done
    printf ';\n};\n'
done | write kafka_jaas.conf
printf 'REGISTRY_DATASOURCE_PASSWORD=%s\n' "$(cat postgres_password)" | write registry.properties

# The broker of a first look; a header says when it had a message for the first time.
once rabbitmq.conf << END
default_vhost = junction
default_user = streams
default_pass = $(random)
message_interceptors.incoming.set_header_timestamp.overwrite = false
END

# Yours. The signing secret is for the simulator, until Junction's own stands in its place.
printf '{"junction": ["whsec_%s"]}\n' "$(head -c 24 /dev/urandom | base64)" | kept streams_endpoints STREAMS_ENDPOINTS
printf '' | kept streams_junction_api_key STREAMS_JUNCTION_API_KEY
printf '' | kept streams_event_hubs_connection STREAMS_EVENT_HUBS_CONNECTION
printf '{}\n' | once google_credentials.json
printf '{}\n' | kept streams_notify_receivers STREAMS_NOTIFY_RECEIVERS
printf 'postgresql://streams:%s@sink-db:5432/health\n' "$(cat sink_db_password)" | kept streams_postgres_url STREAMS_POSTGRES_URL
printf 'amqp://streams:%s@rabbitmq:5672/junction\n' "$(sed -n 's/^default_pass = //p' rabbitmq.conf)" | kept streams_rabbitmq_url STREAMS_RABBITMQ_URL
echo "secrets: $(ls | wc -l) files in $(pwd)"
