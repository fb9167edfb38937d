// The opportunity page: what happened over time, scores over time, and all that pages of deals share.

import { init } from "/vendor/echarts/echarts.esm.min.mjs";
import { text, token } from "./page.js";
import "./deals.js";

const SYMBOLS = { stage: "diamond", change: "rect", approval: "triangle", action: "roundRect", call: "circle", heard: "circle" };

draw("scores", "score-points", drawScores);
draw("timeline", "timeline-marks", drawTimeline);

function draw(id, source, how) {
  const frame = document.getElementById(id);
  if (frame) how(frame, JSON.parse(document.getElementById(source).textContent));
}

function started(element) {
  const chart = init(element, null, { renderer: "canvas" });
  new ResizeObserver(() => chart.resize()).observe(element);
  return chart;
}

function timeAxis() {
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric" });
  return {
    type: "time",
    minInterval: 24 * 3600 * 1000,
    splitNumber: 4,
    axisLabel: { formatter: (at) => day.format(at), color: token("ink-3"), hideOverlap: true },
    axisLine: { lineStyle: { color: token("line-strong") } },
    splitLine: { show: false },
  };
}

function look() {
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("ink-2") },
  };
}

function drawTimeline(element, { lanes, marks }) {
  const places = new Map(lanes.map((lane, index) => [lane.id, index]));
  const colour = ({ lane }) => token({ crm: "ink-2", done: "good", calls: "accent" }[lane] ?? `family-${lane}`);
  const chart = started(element);
  chart.setOption({
    ...look(),
    grid: { left: 112, right: 96, top: 12, bottom: 28 },
    // Drawn on the canvas: a tooltip of HTML would need inline styles.
    tooltip: { trigger: "item", renderMode: "richText", confine: true, formatter: ({ data }) => marks[data.index].detail },
    xAxis: { ...timeAxis(), boundaryGap: ["4%", "4%"] },
    yAxis: {
      type: "category",
      inverse: true,
      data: lanes.map((lane) => lane.title),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: token("ink-2"), width: 100, overflow: "truncate" },
      splitLine: { show: true, lineStyle: { color: token("line") } },
    },
    series: {
      type: "scatter",
      data: marks.map((mark, index) => ({
        value: [mark.at, places.get(mark.lane)],
        index,
        symbol: SYMBOLS[mark.kind],
        symbolSize: mark.kind === "heard" ? 7 + 3 * Math.min(4, Math.sqrt(mark.weight)) : mark.kind === "call" ? 16 : 11,
        cursor: mark.href ? "pointer" : "default",
        itemStyle: { color: colour(mark), opacity: mark.kind === "heard" ? 0.8 : 1 },
        label: {
          show: mark.label !== "",
          position: mark.kind === "call" ? "inside" : "right",
          formatter: mark.label.replaceAll("{", ""),
          color: mark.kind === "call" ? token("surface") : token("ink-2"),
          fontSize: mark.kind === "call" ? 9 : 11,
          fontWeight: mark.kind === "call" ? 700 : 400,
        },
      })),
      labelLayout: { hideOverlap: true },
    },
  });
  chart.on("click", ({ data }) => marks[data.index].href && location.assign(marks[data.index].href));
}

function drawScores(element, points) {
  const chart = started(element);
  chart.setOption({
    ...look(),
    grid: { left: 34, right: 20, top: 30, bottom: 28 },
    tooltip: { trigger: "item", renderMode: "richText", formatter: ({ data }) => describe(points[data.index]) },
    xAxis: { ...timeAxis(), boundaryGap: ["6%", "6%"] },
    yAxis: { type: "value", min: 0, max: 100, interval: 20, axisLabel: { color: token("ink-3") }, splitLine: { lineStyle: { color: token("line") } } },
    series: [
      {
        type: "custom",
        silent: true,
        data: points.map((point, index) => ({ value: [point.at, point.low ?? point.score, point.high ?? point.score], index })),
        encode: { x: 0, y: [1, 2] },
        renderItem: (_, api) => interval(api, token("accent")),
        z: 1,
      },
      {
        type: "line",
        data: points.map((point, index) => ({ value: [point.at, point.score], index })),
        symbol: "circle",
        symbolSize: 10,
        lineStyle: { color: token("accent"), width: 2 },
        itemStyle: { color: token("accent"), borderColor: token("surface"), borderWidth: 2 },
        label: { show: true, position: "top", distance: 8, fontWeight: 600, color: token("ink"), formatter: ({ value }) => Math.round(value[1]) },
        z: 2,
      },
    ],
  });
  chart.on("click", ({ data }) => location.assign(points[data.index].href));
}

function interval(api, colour) {
  const [x, low] = api.coord([api.value(0), api.value(1)]);
  const high = api.coord([api.value(0), api.value(2)])[1];
  return { type: "rect", shape: { x: x - 5, y: high, width: 10, height: Math.max(1, low - high), r: 3 }, style: { fill: colour, opacity: 0.16 } };
}

function describe(point) {
  const parts = [point.label, point.rep].filter(Boolean).join(" · ");
  const range = point.low === null || point.low === point.high ? "" : ` (${Math.round(point.low)}–${Math.round(point.high)})`;
  return `${parts}\n${text("score")} ${Math.round(point.score)}${range}`;
}
