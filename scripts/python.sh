#!/bin/sh
# Run the Python that was asked for: scripts/python.sh PYTHON WORDS...
# Where it is a version that pyenv has but did not choose, pyenv's own stand-in for it would only say so.
python=$1
shift
place=$(command -v "$python") || {
    echo "There is no $python on this machine; install Python 3.11, 3.12 or 3.13, or type where one is: PYTHON=/path/to/python3." >&2
    exit 2
}
case $place in
*/shims/python3.*) PYENV_VERSION=${PYENV_VERSION:-${place##*/python}} exec "$python" "$@" ;;
esac
exec "$python" "$@"
