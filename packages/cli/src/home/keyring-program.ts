/** A program with its arguments, and how it says that there is no such entry: its exit code, saying nothing else. */
export type KeyringProgram = {
  command: string;
  store: readonly string[];
  /** What the program gets on its standard input, which is the only place for the secret. */
  storeInput(secret: string): string;
  look: readonly string[];
  remove: readonly string[];
  /** Reports whether a failed search means that there is no such entry. */
  isMissing(exitCode: number, stderr: string): boolean;
};

const service = 'sallyport';

// Attributes of the Secret Service: https://specifications.freedesktop.org/secret-service
function secretTool(account: string): KeyringProgram {
  const attributes = ['service', service, 'account', account];
  return {
    command: 'secret-tool',
    store: ['store', `--label=Sallyport: ${account}`, ...attributes],
    storeInput: (secret) => secret,
    look: ['lookup', ...attributes],
    remove: ['clear', ...attributes],
    isMissing: (exitCode, stderr) => exitCode === 1 && stderr.trim() === '',
  };
}

// `add-generic-password -w` would need the secret in its arguments, or a terminal. With `-i`, the program reads whole
// commands from its standard input.
function security(account: string): KeyringProgram {
  const item = ['-s', service, '-a', account];
  return {
    command: 'security',
    store: ['-i'],
    storeInput: (secret) => `add-generic-password -U -s "${service}" -a "${account}" -l "Sallyport" -w "${secret}"\n`,
    look: ['find-generic-password', ...item, '-w'],
    remove: ['delete-generic-password', ...item],
    isMissing: (exitCode) => exitCode === 44, // errSecItemNotFound
  };
}

// Only Windows PowerShell (not PowerShell 7) has the types of the Windows Runtime.
function passwordVault(account: string): KeyringProgram {
  const run = (script: string) => [
    '-NoLogo',
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    `$ErrorActionPreference = 'Stop'; [void][Windows.Security.Credentials.PasswordVault, Windows.Security.Credentials, ContentType = WindowsRuntime]; $vault = New-Object Windows.Security.Credentials.PasswordVault; ${script}`,
  ];
  const find = `$found = $vault.FindAllByResource('${service}') | Where-Object { $_.UserName -eq '${account}' } | Select-Object -First 1`;
  // FindAllByResource throws if there is nothing.
  const findOrLeave = `try { ${find} } catch { exit 44 }; if ($null -eq $found) { exit 44 }`;
  return {
    command: 'powershell.exe',
    store: run(
      `$vault.Add((New-Object Windows.Security.Credentials.PasswordCredential '${service}', '${account}', ([Console]::In.ReadLine())))`,
    ),
    storeInput: (secret) => `${secret}\r\n`,
    look: run(`${findOrLeave}; $found.RetrievePassword(); [Console]::Out.Write($found.Password)`),
    remove: run(`${findOrLeave}; $vault.Remove($found)`),
    isMissing: (exitCode) => exitCode === 44,
  };
}

/** Returns how to use the keyring of a system. `account` consists of characters that no shell and no script changes. */
export function keyringProgram(platform: NodeJS.Platform, account: string): KeyringProgram {
  if (!/^[A-Za-z0-9.:/[\]_#-]+$/.test(account)) throw new Error('the name of the entry has other characters');
  return platform === 'darwin'
    ? security(account)
    : platform === 'win32'
      ? passwordVault(account)
      : secretTool(account);
}
