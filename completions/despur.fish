# fish completion for despur
function __despur_words
    set -l words (commandline -opc) (commandline -ct)
    $words[1] complete -- $words[2..-1] 2>/dev/null
end
complete -c despur -a '(__despur_words)'
