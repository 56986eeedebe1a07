// One panel: its queries' answers as Grafana's data frames, drawn by Grafana's component for its type.
import * as React from 'react';
import {
  dateTime, FieldType, getDisplayProcessor, getDisplayValueAlignmentFactors, getFieldDisplayValues, getFieldMatcher, toDataFrame,
  type DataFrame, type GrafanaTheme2,
} from '@grafana/data';
import { BarGauge, BigValue, BigValueJustifyMode, TimeSeries, VizRepeater } from '@grafana/ui';

type Answer = { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] };
export type Shot = { dashboard: any; from_s: number; to_s: number; step_s: number; answers: Record<string, Answer[]>; theme: 'dark' | 'light'; width: number };
type Size = { width: number; height: number };
type Props = Size & { panel: any; shot: Shot; theme: GrafanaTheme2 };

const timeZone = 'utc';
// What Grafana takes where a time series panel says nothing.
const CUSTOM = {
  drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 0, gradientMode: 'none', showPoints: 'auto', pointSize: 5,
  axisPlacement: 'auto', axisLabel: '', axisColorMode: 'text', axisBorderShow: false, scaleDistribution: { type: 'linear' },
  axisCenteredZero: false, thresholdsStyle: { mode: 'off' }, barAlignment: 0,
};

function nameOf(template: string, answer: Answer) {
  return template.replace(/{{\s*(\w+)\s*}}/g, (_, label) => answer.metric[label] ?? '') || JSON.stringify(answer.metric);
}

// Where a series has no point for a while there is a gap, as in Grafana.
function pointsOf(answer: Answer, shot: Shot): [number, string][] {
  if (!answer.values) { return [answer.value!]; }
  const all: [number, string][] = [];
  for (const [time, value] of answer.values) {
    const last = all.at(-1);
    if (last && time - last[0] > 1.5 * shot.step_s) { all.push([last[0] + shot.step_s, '']); }
    all.push([time, value]);
  }
  return all;
}

function frameOf(panel: any, target: any, answer: Answer, shot: Shot): DataFrame {
  const { custom, ...defaults } = panel.fieldConfig.defaults;
  const points = pointsOf(answer, shot);
  const config: any = {
    ...defaults, displayNameFromDS: nameOf(target.legendFormat, answer),
    color: defaults.color ?? { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' },
    custom: {
      ...CUSTOM, ...custom, stacking: { group: 'A', mode: 'none', ...custom?.stacking },
      hideFrom: { tooltip: false, viz: false, legend: false, ...custom?.hideFrom },
    },
  };
  const values = points.map((point) => (point[1] && isFinite(+point[1]) ? +point[1] : null));
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: points.map((point) => point[0] * 1000), config: {} },
      { name: 'Value', type: FieldType.number, values, labels: answer.metric, config },
    ],
  });
}

// The overrides, in their order, as Grafana's own matchers find the fields.
function override(panel: any, frames: DataFrame[]) {
  for (const { matcher, properties } of panel.fieldConfig.overrides ?? []) {
    const matches = getFieldMatcher(matcher);
    for (const frame of frames) {
      for (const field of frame.fields.filter((one) => one.type === FieldType.number && matches(one, frame, frames))) {
        for (const { id, value } of properties) {
          const [first, rest] = id.split('.');
          if (rest) { (field.config.custom as any)[rest] = value; } else { (field.config as any)[first] = value; }
        }
      }
    }
  }
}

function framesOf({ panel, shot, theme }: Props): DataFrame[] {
  const frames = panel.targets.flatMap((target: any) =>
    (shot.answers[`${panel.id}/${target.refId}`] ?? []).map((answer) => frameOf(panel, target, answer, shot)));
  frames.forEach((frame: DataFrame, index: number) => {
    frame.fields[1].state = { seriesIndex: index, displayName: frame.fields[1].config.displayNameFromDS };
  });
  override(panel, frames);
  const all = frames.flatMap((frame: DataFrame) => frame.fields[1].values.filter((value: any) => value != null));
  const least = Math.min(...all), most = Math.max(...all);
  for (const frame of frames) {
    const { min = least, max = most, displayName } = frame.fields[1].config;
    Object.assign(frame.fields[1].state, { range: { min, max, delta: max - min } }, displayName ? { displayName } : {});
    for (const field of frame.fields) { field.display = getDisplayProcessor({ field, theme, timeZone }); }
  }
  return frames;
}

function Empty({ panel, theme }: Props) {
  const style = { display: 'flex', height: '100%', alignItems: 'center', justifyContent: 'center', color: theme.colors.text.secondary };
  return <div style={style}>{panel.fieldConfig.defaults.noValue ?? 'No data'}</div>;
}

function Lines(props: Props) {
  const { panel, shot, width, height } = props;
  const frames = framesOf(props);
  if (!frames.length) { return <Empty {...props} />; }
  const range = { from: dateTime(shot.from_s * 1000), to: dateTime(shot.to_s * 1000), raw: { from: 'now-1h', to: 'now' } };
  return <TimeSeries frames={frames} structureRev={1} timeRange={range} timeZone={timeZone} width={width} height={height}
    legend={panel.options.legend} options={panel.options} />;
}

function valuesOf(props: Props) {
  const { panel, theme } = props;
  const { fieldConfig, options } = panel;
  const shown = framesOf(props).filter((frame) => !(frame.fields[1].config.custom as any).hideFrom?.viz);
  return getFieldDisplayValues({ fieldConfig, reduceOptions: options.reduceOptions, replaceVariables: (text: string) => text, theme, data: shown, timeZone });
}

function Repeated(props: Props & { draw: (one: any) => React.JSX.Element; more: object }) {
  const values = valuesOf(props);
  return <VizRepeater getValues={() => values} getAlignmentFactors={getDisplayValueAlignmentFactors} width={props.width} height={props.height}
    source={values} renderCounter={1} renderValue={props.draw} {...props.more as any} />;
}

function Numbers(props: Props) {
  const { options } = props.panel;
  return <Repeated {...props} more={{ itemSpacing: 3, autoGrid: true, orientation: options.orientation ?? 'auto' }}
    draw={({ value, alignmentFactors, width, height, count }) =>
      <BigValue value={value.display} count={count} width={width} height={height} alignmentFactors={alignmentFactors} theme={props.theme}
        textMode={options.textMode} colorMode={options.colorMode} graphMode={options.graphMode} text={options.text}
        justifyMode={options.justifyMode ?? BigValueJustifyMode.Auto} disableWideLayout={!options.wideLayout} />} />;
}

function Bars(props: Props) {
  const { options } = props.panel;
  const { minVizHeight, minVizWidth, maxVizHeight, orientation } = options;
  return <Repeated {...props} more={{ itemSpacing: 10, minVizHeight, minVizWidth, maxVizHeight, orientation }}
    draw={({ value, alignmentFactors, width, height, orientation }) =>
      <BarGauge value={value.display} field={value.field} width={width} height={height} orientation={orientation} theme={props.theme}
        display={value.view?.getFieldDisplayProcessor(value.colIndex)} alignmentFactors={alignmentFactors} itemSpacing={10} lcdCellWidth={8}
        displayMode={options.displayMode} showUnfilled={options.showUnfilled} valueDisplayMode={options.valueMode}
        namePlacement={options.namePlacement} text={options.text} />} />;
}

export const DRAW: Record<string, (props: Props) => React.JSX.Element> = { timeseries: Lines, stat: Numbers, bargauge: Bars };
