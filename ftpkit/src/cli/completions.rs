//! The options of `completions`.

use clap::Args;
use clap_complete::Shell;

/// Print what a shell needs to complete ftpkit's command line
///
/// Commands, options, the words that options take, and files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ftpkit completions bash > ~/.local/share/bash-completion/completions/ftpkit
  ftpkit completions zsh > ~/.zfunc/_ftpkit
      for a directory of `fpath`
  ftpkit completions fish > ~/.config/fish/completions/ftpkit.fish
  ftpkit completions powershell >> profile.ps1
      for the file that `$PROFILE` names")]
pub(crate) struct CompletionsOptions {
    /// Which shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}
