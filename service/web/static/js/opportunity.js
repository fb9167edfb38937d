// The opportunity page: scores over time, and live states of calls still in work.

import { init } from "/vendor/echarts/echarts.esm.min.mjs";
import { text } from "./page.js";
import { followProgress, isFinished } from "./progress.js";

const frame = document.getElementById("scores");
if (frame) drawScores(frame, JSON.parse(document.getElementById("score-points").textContent));
if (document.querySelector("[data-state-cell]")) {
  followProgress((change) => {
    const row = document.querySelector(`[data-recording="${CSS.escape(change.recording_id)}"]`);
    if (row && isFinished(change.state)) location.reload();
  });
}

function drawScores(element, points) {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  const chart = init(element, null, { renderer: "canvas" });
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("ink-2") },
    grid: { left: 40, right: 24, top: 34, bottom: 30 },
    tooltip: {
      trigger: "item",
      // Drawn on the canvas: a tooltip of HTML would need inline styles.
      renderMode: "richText",
      formatter: ({ data }) => describe(points[data.index]),
    },
    xAxis: {
      type: "time",
      minInterval: 24 * 3600 * 1000,
      axisLabel: { formatter: (at) => day.format(at), color: token("ink-3"), hideOverlap: true },
      axisLine: { lineStyle: { color: token("line-strong") } },
      splitLine: { show: false },
      boundaryGap: ["6%", "6%"],
    },
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
  new ResizeObserver(() => chart.resize()).observe(element);
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
