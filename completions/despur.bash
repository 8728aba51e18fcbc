# bash completion for despur
_despur() {
  local line=${COMP_LINE:0:COMP_POINT} words
  # bash takes words apart at = and :, so they are taken from the line.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  local IFS=$'\n'
  COMPREPLY=($("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null | cut -f 1))
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
  [[ ${words[-1]} == *=* ]] && COMPREPLY=("${COMPREPLY[@]#*=}")
  return 0
}
complete -o default -F _despur despur
