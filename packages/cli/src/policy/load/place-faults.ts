import type { ConfigFault } from '../../config/gateway-config.ts';

type Fault = { readonly path: readonly (string | number)[]; readonly message: string; readonly hint?: string };
type Place = (path: readonly PropertyKey[]) => { line: number; column: number; file?: string } | undefined;

/** Adds places in the file to the faults of a part of it. `base` is the path of that part. */
export function placeFaults(faults: readonly Fault[], base: readonly (string | number)[], place: Place): ConfigFault[] {
  return faults.map(({ path, message, hint }) => {
    const whole = [...base, ...path];
    return { path: whole.join('.'), message, ...(hint === undefined ? {} : { hint }), ...place(whole) };
  });
}
