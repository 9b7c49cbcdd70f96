/** The environment variables that the program reads, for the man page. A test checks that none is missing. */
export const environmentVariables: Readonly<Record<string, string>> = {
  SALLYPORT_HOME: 'The directory for your credentials. The default is ~/.config/sallyport.',
  SALLYPORT_GATEWAY: 'The gateway of all commands, unless --gateway or --context names another.',
  SALLYPORT_TOKEN: 'The token of an agent, for mcp. --token-file keeps it out of the environment.',
  SALLYPORT_KEYRING: "If 1, tokens are kept in the system's keyring instead of files, where it has one.",
  SALLYPORT_CONFIG:
    "The gateway's configuration, for commands that read one, such as config check. The default is ./sallyport.yaml.",
  KUBECONFIG: 'Your kubeconfig files, separated by colons (semicolons on Windows). The default is ~/.kube/config.',
  KUBERNETES_EXEC_INFO:
    'Set by Kubernetes clients when they start exec-credential. It says which answer they understand, and whether the ' +
    'user can be asked.',
  HTTPS_PROXY: 'The proxy through which gateways are reached, except for the hosts in NO_PROXY.',
  PATH: 'Where the programs that open a browser are found, and this program, if a kubeconfig calls it by name.',
  PATHEXT: 'On Windows, the extensions of programs.',
  DISPLAY: 'If set, there is a screen on which a browser can open. WAYLAND_DISPLAY and WSL_DISTRO_NAME say the same.',
  BROWSER: 'If set, you have chosen a browser, and xdg-open starts it.',
  NO_COLOR: 'If set, the output has no colors. CLICOLOR=0 and TERM=dumb say the same.',
  FORCE_COLOR: 'If set, the output has colors also where it is not a terminal. CLICOLOR_FORCE says the same.',
  SSH_CONNECTION: 'If set, you are at another machine. SSH_TTY says the same.',
};
