# Completion of nclab for bash: source it, for instance from ~/.bashrc.
# For zsh: autoload -U bashcompinit && bashcompinit && source nclab.bash
_nclab() {
  local word=${COMP_WORDS[COMP_CWORD]} words
  if ((COMP_CWORD == 1)); then
    words="--help --version $("${COMP_WORDS[0]}" --commands)"
  elif [[ $word == -* ]]; then
    words=$("${COMP_WORDS[0]}" "${COMP_WORDS[1]}" --help | sed -n 's/^  \(--[^=]*=\).*/\1/p')
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}
complete -o default -F _nclab nclab
