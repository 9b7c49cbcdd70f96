import { agentsSchema } from '../gateway/agent-answers.ts';
import { readAnswer } from '../gateway/answers.ts';
import { readableTime } from '../terminal/readable-time.ts';
import type { ValueSource } from './complete-words.ts';
import type { AskFor } from './elevation-sources.ts';

/** Creates the source of the names of agents: of all users, if the user may list those. */
export function createAgentSource(ask: AskFor): ValueSource {
  return async (place) => {
    const list = async (query: string) => readAnswer(agentsSchema, await ask(place, `agents${query}`), 'the agents');
    const own = await list('');
    const { agents } = own.maySeeAll === true ? await list('?all=true') : own;
    return agents.map(({ name, user, expiresAt }) => ({
      value: name,
      about: `${user}, until ${readableTime(expiresAt)}`,
    }));
  };
}
