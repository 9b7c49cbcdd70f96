import type { ComponentName } from '../components/catalogue.ts';

/** An image of a server, shaped like the one that its project publishes, from the programs of this machine. */
export type ServerImage = {
  /** The name under which it is on the node. It is in no registry. */
  reference: string;
  /** The programs of the bed that it needs. */
  needs: readonly ComponentName[];
  /** Accounts as `name:uid:home`. */
  account: string;
  /** Directories that belong to the account. */
  owned: readonly string[];
  /** As in the configuration of an OCI image. */
  config: {
    Entrypoint?: string[];
    Cmd: string[];
    Env: string[];
    User?: string;
    WorkingDir?: string;
    StopSignal?: string;
  };
  /** Writes the files into a directory that becomes the root. */
  layOut(root: string, programs: Partial<Record<ComponentName, string>>): Promise<void>;
};

export const scriptDirectory = new URL('../../images/', import.meta.url);
