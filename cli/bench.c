/* despur bench: how fast everything is here, and how near to the machine's limits. */
#include "cli.h"
#include "terminal.h"

#include "despur/bench.h"
#include "despur/run.h"

#include <stdio.h>
#include <unistd.h>

static const char *const LIMITS[] = {"-", "multiply-add", "multiply-add (double)", "bandwidth"};

static void show_name(void *context, const char *name) {
  (void)context;
  terminal_redraw(name);
}

/* 1.23 s, 45.6 ms, 789 us: three digits. */
static void format_seconds(char out[32], double seconds) {
  double value = seconds >= 1 ? seconds : seconds >= 1e-3 ? seconds * 1e3 : seconds * 1e6;
  int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  snprintf(out, 32, "%.*f %s", decimals, value, seconds >= 1 ? "s " : seconds >= 1e-3 ? "ms" : "us");
}

static void print_row(const despur_bench_row *row) {
  char seconds[32], rate[32] = "", share[16] = "";
  format_seconds(seconds, row->seconds);
  if (row->limit == DESPUR_LIMIT_BANDWIDTH)
    snprintf(rate, sizeof rate, "%.1f GB/s", row->bytes / row->seconds / 1e9);
  else if (row->flops > 0)
    snprintf(rate, sizeof rate, "%.1f GFLOP/s", row->flops / row->seconds / 1e9);
  if (row->limit != DESPUR_LIMIT_NONE) snprintf(share, sizeof share, "%.0f %%", 100 * row->share);
  printf("%-32s %7d %10s %14s %6s  %-22s %5.1f %%\n", row->name, row->threads, seconds, rate, share,
         LIMITS[row->limit], 100 * row->spread);
}

/* What is to be thought of the figures. */
static const char *noise_of(const despur_bench_result *result) {
  double spread = (result->peaks[0].multiply_add - result->peak_low) / result->peak_median;
  return spread < 0.03   ? "quiet"
         : spread < 0.15 ? "somewhat noisy: differences below some per cent mean nothing"
                         : "noisy: other work takes processor time, and every time is too long";
}

static void print_limits(const despur_bench_result *result) {
  printf("\nKernels %s. What this machine can do, the best that was measured:\n", result->kernels);
  for (size_t p = 0; p < result->peak_count; p++) {
    const despur_bench_peak *peak = &result->peaks[p];
    printf("  %d thread%s: %.1f GFLOP/s, %.1f in double precision; y += a x moves", peak->threads,
           peak->threads == 1 ? "" : "s", peak->multiply_add / 1e9, peak->multiply_double / 1e9);
    for (size_t s = 0; s < DESPUR_BENCH_SIZES; s++)
      printf("%s %.1f (%zu KiB)", s ? "," : "", peak->bandwidth[s] / 1e9, result->size[s] >> 10);
    puts(" GB/s");
  }
  printf("The multiply-add peak of one thread, %zu times in between: %.1f to %.1f, median %.1f GFLOP/s. The "
         "machine was %s.\n",
         result->peak_repeats, result->peak_low / 1e9, result->peaks[0].multiply_add / 1e9,
         result->peak_median / 1e9, noise_of(result));
}

static void print_text(const despur_bench_result *result) {
  printf("%-32s %7s %10s %14s %6s  %-22s %s\n", "work", "threads", "time", "rate", "share", "of the limit",
         "spread");
  for (size_t i = 0; i < result->count; i++) print_row(&result->rows[i]);
  print_limits(result);
}

/* Names hold nothing that JSON would have to escape. */
static void print_json(const despur_bench_result *result) {
  printf("{\"version\":\"%s\",\"kernels\":\"%s\",\"peaks\":[", despur_version(), result->kernels);
  for (size_t p = 0; p < result->peak_count; p++) {
    const despur_bench_peak *peak = &result->peaks[p];
    printf("%s{\"threads\":%d,\"multiply_add\":%.4g,\"multiply_double\":%.4g,\"bandwidth\":[", p ? "," : "",
           peak->threads, peak->multiply_add, peak->multiply_double);
    for (size_t s = 0; s < DESPUR_BENCH_SIZES; s++)
      printf("%s{\"bytes\":%zu,\"rate\":%.4g}", s ? "," : "", result->size[s], peak->bandwidth[s]);
    printf("]}");
  }
  printf("],\"noise\":{\"repeats\":%zu,\"low\":%.4g,\"median\":%.4g,\"high\":%.4g},\"rows\":[",
         result->peak_repeats, result->peak_low, result->peak_median, result->peaks[0].multiply_add);
  for (size_t i = 0; i < result->count; i++) {
    const despur_bench_row *row = &result->rows[i];
    printf(
        "%s{\"name\":\"%s\",\"threads\":%d,\"repeats\":%zu,\"seconds\":%.6g,\"spread\":%.3g,\"flops\":%.6g,"
        "\"bytes\":%.6g,",
        i ? "," : "", row->name, row->threads, row->repeats, row->seconds, row->spread, row->flops,
        row->bytes);
    if (row->limit == DESPUR_LIMIT_NONE)
      printf("\"limit\":null,\"share\":null}");
    else
      printf("\"limit\":\"%s\",\"share\":%.4g}", LIMITS[row->limit], row->share);
  }
  puts("]}");
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  despur_bench_result result = {0};
  long threads;
  if (arguments->count > 0)
    return cli_fail(error, DESPUR_BAD_USAGE, "bench: expected options only, found '%s'",
                    arguments->positional[0]);
  despur_status status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status != DESPUR_OK) return status;
  const despur_bench_options options = {.quick = cli_value(arguments, "quick") != NULL,
                                        .only = cli_value(arguments, "only"),
                                        .threads = (int)threads,
                                        .progress = isatty(STDERR_FILENO) ? show_name : NULL};
  status = despur_bench(&result, &options, error);
  if (options.progress) terminal_wipe();
  if (status == DESPUR_OK) {
    if (cli_value(arguments, "json"))
      print_json(&result);
    else
      print_text(&result);
  }
  despur_bench_release(&result);
  return status;
}

const cli_verb cli_bench = {
    .name = "bench",
    .usage = "[--quick] [--only NAME] [OPTIONS]",
    .summary = "measure how fast everything is here, and how near to the machine's limits",
    .help = "Measures what this machine can do at best, in multiply-adds and in bytes moved, and then every "
            "kernel\n"
            "of the engine, whole training steps (from gathering examples to the update), evaluation, "
            "clustering and\n"
            "data. A rate counts useful operations only, a multiply-add as two. Its share is of the limit "
            "that binds:\n"
            "multiply-adds in single or double precision, or the bandwidth of the cache or memory that holds "
            "the\n"
            "data. Times are medians; the spread is the distance of the quartiles.\n"
            "\n"
            "Examples:\n"
            "  despur bench\n"
            "  despur bench --quick --only step/lenet\n"
            "  despur bench --json --threads 1 >speed.json\n",
    .options = {{"quick", NULL, "smaller work and fewer repeats: seconds in place of a minute"},
                {"only", "NAME", "only work whose name contains NAME"},
                {"threads", "N", "processors to use (default all)"},
                {"json", NULL, "results as JSON on stdout"}},
    .execute = execute};
