/** The shells for which there is a script. */
export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

// The scripts never evaluate what the program prints. They put it on the command line as it is, and the program prints
// only characters that mean nothing to a shell.

const bash = `# bash completion for sallyport. Works with bash 3.2 (macOS) and newer, without bash-completion.
_sallyport() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() piece i value cut break_at
  # bash splits words at = and :, as in an address. Join what belongs together on the line.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]}
    local trimmed=\${line#"\${line%%[![:space:]]*}"}
    [ "$i" -lt "$COMP_CWORD" ] || piece=$trimmed
    if [ "$i" -eq 0 ] || [ "$trimmed" != "$line" ] || [ "\${#words[@]}" -eq 0 ]; then
      words[\${#words[@]}]=$piece
    else
      words[\${#words[@]}-1]+=$piece
    fi
    line=\${trimmed#"$piece"}
  done
  local current=\${words[\${#words[@]}-1]} program=\${words[0]/#\\~/$HOME}
  # bash replaces only what follows the last of these characters.
  cut=
  for break_at in = :; do
    case $COMP_WORDBREAKS in
      *"$break_at"*) case $current in *"$break_at"*)
        piece=\${current%"$break_at"*}$break_at
        [ "\${#piece}" -le "\${#cut}" ] || cut=$piece ;;
      esac ;;
    esac
  done
  COMPREPLY=()
  while IFS= read -r value; do
    case $value in
      :files)
        type compopt > /dev/null 2>&1 && compopt -o filenames
        while IFS= read -r value; do COMPREPLY[\${#COMPREPLY[@]}]=$value; done \\
          < <(compgen -f -- "\${current#"$cut"}") ;;
      :none) ;;
      *)
        value=\${value%%$'\\t'*}
        COMPREPLY[\${#COMPREPLY[@]}]=\${value#"$cut"} ;;
    esac
  done < <("$program" __complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -F _sallyport sallyport
`;

const zsh = `#compdef sallyport
# zsh completion for sallyport.
_sallyport() {
  local program=\${\${(Q)words[1]}/#\\~/$HOME} line about
  local -a lines candidates
  lines=("\${(@f)$("$program" __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2> /dev/null)}")
  for line in $lines; do
    case $line in
      :files) _files ;;
      :none) ;;
      *)
        about=\${line#*$'\\t'}
        line=\${line%%$'\\t'*}
        line=\${line//:/\\\\:}
        [[ $about == $line ]] && candidates+=("$line") || candidates+=("$line:$about") ;;
    esac
  done
  (( \${#candidates} )) && _describe -t values sallyport candidates
}
if [[ \${funcstack[1]} == _sallyport ]]; then
  _sallyport "$@"
else
  compdef _sallyport sallyport
fi
`;

const fish = `# fish completion for sallyport.
function __sallyport_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -l program (string replace -r '^~' "$HOME" -- $words[1])
    for line in ($program __complete -- $words[2..-1] "$current" 2> /dev/null)
        switch $line
            case :none
            case :files
                __fish_complete_path "$current"
            case '*'
                echo $line
        end
    end
end
complete -c sallyport -f -a '(__sallyport_complete)'
`;

const powershell = `# PowerShell completion for sallyport.
Register-ArgumentCompleter -Native -CommandName sallyport -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements |
    Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
    ForEach-Object { $_.ToString() })
  $program = $words[0]
  $rest = @($words | Select-Object -Skip 1)
  # An empty argument does not reach a program from every version of PowerShell.
  $flags = if ($wordToComplete -eq '') { @('--empty') } else { @() }
  & $program __complete @flags -- @rest 2>$null | ForEach-Object {
    if ($_ -eq ':none' -or $_ -eq '') { return }
    if ($_ -eq ':files') {
      Get-ChildItem -Path "$wordToComplete*" -ErrorAction SilentlyContinue | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_.Name, $_.Name, 'ProviderItem', $_.Name)
      }
      return
    }
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`;

/** The script that makes a shell complete the words of this program. */
export const shellScripts: Record<Shell, string> = { bash, zsh, fish, powershell };
