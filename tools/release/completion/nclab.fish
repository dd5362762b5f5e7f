# Completion of nclab for fish: copy it to ~/.config/fish/completions/.
complete -c nclab -n '__fish_use_subcommand' -f -a '(nclab --commands)'
complete -c nclab -n 'not __fish_use_subcommand' -a '(nclab (commandline -opc)[2] --help | string match -rg "^  (--[^=]*=)")'
