import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const holds = (data: unknown, command: unknown) =>
  evaluateCriterion('k8s/exec_command', data, { kubernetes: { exec: { command: command as string[] } } })[0];

describe('k8s/exec_command', () => {
  it('compares the first word with program', () => {
    expect(holds({ program: 'ls' }, ['ls', '-l', '/'])).toBe(true);
    expect(holds({ program: { in: ['ls', 'cat'] } }, ['cat'])).toBe(true);
    for (const command of [['sh', '-c', 'ls'], ['/bin/ls'], ['ls -l'], ['']])
      expect(holds({ program: 'ls' }, command)).toBe(false);
  });

  it('compares the whole vector with argv, word by word', () => {
    expect(holds({ argv: ['cat', '/etc/hostname'] }, ['cat', '/etc/hostname'])).toBe(true);
    for (const command of [
      ['cat'],
      ['cat', '/etc/hostname', '/etc/shadow'],
      ['/etc/hostname', 'cat'],
      ['cat /etc/hostname'],
      ['cat', ''],
    ])
      expect(holds({ argv: ['cat', '/etc/hostname'] }, command)).toBe(false);
  });

  it('needs both if both are given', () => {
    expect(holds({ program: { starts_with: 'c' }, argv: ['cat', 'x'] }, ['cat', 'x'])).toBe(true);
    expect(holds({ program: { not: 'cat' }, argv: ['cat', 'x'] }, ['cat', 'x'])).toBe(false);
  });

  it('matches nothing without a command, not even `not`', () => {
    for (const command of [undefined, null, [], 'ls']) expect(holds({ program: { not: 'x' } }, command)).toBe(false);
    for (const input of [{}, { kubernetes: {} }])
      expect(evaluateCriterion('k8s/exec_command', { program: { not: 'x' } }, input)).toEqual([
        false,
        'k8s-exec-command-unauthorized',
      ]);
  });

  it('ignores a command in the query of an attach', () => {
    for (const [subresource, expected] of [
      ['exec', true],
      ['attach', false],
      ['portforward', false],
      ['', true],
    ] as const) {
      expect(
        evaluateCriterion(
          'k8s/exec_command',
          { program: 'ls' },
          { kubernetes: { resource: 'pods', subresource, exec: { command: ['ls'] } } },
        )[0],
      ).toBe(expected);
    }
  });

  it('refuses data without a command', () => {
    expect(faultsOf('k8s/exec_command', { progam: 'ls' })).toEqual([
      'k8s/exec_command.progam: unknown command matcher "progam"',
      'k8s/exec_command: needs program or argv',
    ]);
    for (const data of [
      'ls',
      null,
      [],
      {},
      { argv: [] },
      { argv: 'ls' },
      { argv: ['ls', 1] },
      { program: 1 },
      { program: [5] },
    ])
      expect(faultsOf('k8s/exec_command', data)).toHaveLength(1);
  });
});
