import { expect, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { chart, renderChart, runHelm, valuesOfManifests, type ChartValues } from './render-chart.ts';

const scaled = (values: ChartValues): ChartValues => ({ ...valuesOfManifests, ...values });

describeWith(['helm'], 'the chart with autoscaling', () => {
  it('lets Kubernetes add pods of a service, and no longer sets their number', async () => {
    const objects = await renderChart(scaled({ proxy: { autoscaling: { maxReplicas: 6 } } }));
    const named = (kind: string) => objects.filter((one) => one.kind === kind);
    const target = { type: 'AverageValue', averageValue: '700m' };
    expect(named('HorizontalPodAutoscaler').map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      [
        'sallyport-proxy',
        expect.objectContaining({
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'sallyport-proxy' },
          minReplicas: 2,
          maxReplicas: 6,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
        }),
      ],
    ]);
    const without = named('Deployment').filter(({ spec }) => !('replicas' in spec!));
    expect(without.map(({ metadata }) => metadata.name)).toEqual(['sallyport-proxy']);
  });

  it('refuses fewer pods at most than at least', async () => {
    const values = scaled({ authorize: { replicas: 3, autoscaling: { maxReplicas: 2 } } });
    const { code, stderr } = await runHelm(['template', 'sallyport', chart], values);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('authorize.autoscaling.maxReplicas is 2, which is less than authorize.replicas'),
    });
  });
});
