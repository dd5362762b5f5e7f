#!/bin/bash
# The commit that is built, for archives (--workspace_status_command).
echo "STABLE_NCLAB_COMMIT $(git describe --always --dirty --abbrev=40 --match=none 2>/dev/null || echo unknown)"
