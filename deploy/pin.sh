#!/bin/sh
# Prints a file for compose with the digest of every image that docker-compose.yml takes from others, as the registry says
# now: `sh deploy/pin.sh > compose.pinned.yml` (docs/versions.md). Needs docker with buildx, and a way to the registry.
set -eu
cd "$(dirname "$0")/.."
pinned=$(awk '/^  [a-z-]+:/ { name = $1 } /^    image: / { print name, $2 }' docker-compose.yml)
echo "services:"
echo "$pinned" | while read -r service image; do
    digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image")
    printf '  %s {image: "%s@%s"}\n' "$service" "$image" "$digest"
done
