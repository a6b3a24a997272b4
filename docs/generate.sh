#!/usr/bin/env bash
# Writes the generated parts of the pages in docs/ anew from the code: configuration keys, problems, routes and event types.
# Routes come from ApiFrontend/openapi/v1.json; write that file first if routes have changed (see docs/api.md).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build "$root/SoonShop.sln" -c Release -v quiet --nologo
SOONSHOP_RENEW_DOCS=1 dotnet "$root/Tests/bin/Release/net10.0/SoonShop.Tests.dll" -noLogo -class '*.GeneratedPageTests'
