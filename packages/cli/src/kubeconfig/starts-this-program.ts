/** Reports whether these arguments of an exec plugin start this program, whatever its path is. */
export function startsThisProgram(args: readonly unknown[]): boolean {
  return args[0] === 'exec-credential' || (args[1] === 'exec-credential' && String(args[0]).endsWith('sallyport.js'));
}
