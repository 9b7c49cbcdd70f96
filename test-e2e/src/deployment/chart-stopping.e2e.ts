import { expect, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { podSpecOf } from './manifests.ts';
import { renderChart, valuesOfManifests, type ChartValues } from './render-chart.ts';

const services = ['proxy', 'authenticate', 'authorize', 'audit'];

describeWith(['helm'], 'the chart', () => {
  it('gives each pod longer than it goes on as before and then needs to stop', async () => {
    const timesOf = async (values: ChartValues) => {
      const objects = await renderChart(values);
      return services.map((service) => {
        const { terminationGracePeriodSeconds: all, containers } = podSpecOf(
          objects.find((one) => one.kind === 'Deployment' && one.metadata.name === `sallyport-${service}`)!,
        );
        return [service, containers[0]!.lifecycle?.preStop.sleep.seconds ?? 0, all];
      });
    };
    expect(await timesOf(valuesOfManifests)).toEqual([
      ['proxy', 5, 85],
      ['authenticate', 5, 30],
      ['authorize', 5, 30],
      ['audit', 5, 30],
    ]);
    const others = { streams: { drain: '1h1m30.5s' }, pods: { preStopSeconds: 20 } };
    expect(await timesOf({ ...valuesOfManifests, ...others, authorize: { preStopSeconds: 0 } })).toEqual([
      ['proxy', 20, 20 + 3691 + 20],
      ['authenticate', 20, 45],
      ['authorize', 0, 25],
      ['audit', 20, 45],
    ]);
  });
});
