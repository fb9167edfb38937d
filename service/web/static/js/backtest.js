// The distribution of a back-test: how many calls score what, before and after.

import { init } from "/vendor/echarts/echarts.esm.min.mjs";
import { text, token } from "./page.js";

const WIDTH = 5;
const frame = document.getElementById("histogram");
draw(frame, JSON.parse(document.getElementById("report-scores").textContent));

function draw(element, { before, after }) {
  const sides = [
    ...(before ? [{ name: element.dataset.before, counts: before.histogram, colour: token("line-strong") }] : []),
    { name: element.dataset.after, counts: after.histogram, colour: token("accent") },
  ];
  const chart = init(element, null, { renderer: "canvas" });
  const range = (index) => `${index * WIDTH}–${index === after.histogram.length - 1 ? 100 : (index + 1) * WIDTH}`;
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("ink-2") },
    grid: { left: 48, right: 20, top: 36, bottom: 40 },
    legend: { top: 0, left: 40, itemWidth: 12, itemHeight: 12, data: sides.map((side) => side.name), textStyle: { color: token("ink-2") } },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: token("ink"), opacity: 0.04 } },
      // Drawn on the canvas: a tooltip of HTML would need inline styles.
      renderMode: "richText",
      formatter: (bars) => [range(bars[0].dataIndex), ...bars.map((bar) => `${bar.seriesName}: ${bar.value}`)].join("\n"),
    },
    xAxis: {
      type: "category",
      data: after.histogram.map((_, index) => index * WIDTH),
      name: text("score"),
      nameLocation: "middle",
      nameGap: 24,
      axisLabel: { color: token("ink-3"), interval: 3 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: token("line-strong") } },
    },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: token("ink-3") }, splitLine: { lineStyle: { color: token("line") } } },
    series: sides.map((side) => ({
      name: side.name,
      type: "bar",
      data: side.counts,
      barGap: "8%",
      barCategoryGap: "22%",
      itemStyle: { color: side.colour, borderRadius: [2, 2, 0, 0] },
    })),
  });
  new ResizeObserver(() => chart.resize()).observe(element);
}
