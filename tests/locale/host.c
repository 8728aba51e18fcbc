/* A program that has set its user's locale, as those built on GTK, Qt or R have: what the library writes,
 * says and reads must not depend on it.
 *
 * Usage: host RECIPE DIRECTORY OTHER POINT: a run in DIRECTORY; what the library has to say of it, and of the
 * run in OTHER, on standard output. POINT is how the locale must write a half. */
#include <despur/check.h>
#include <despur/config.h>
#include <despur/measures.h>
#include <despur/report.h>
#include <despur/run.h>
#include <despur/table.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(despur_status status, const despur_error *error) {
  if (status == DESPUR_OK) return;
  fprintf(stderr, "host: %s\n", error->message);
  exit((int)status);
}

static void note(void *context, const char *line) {
  (void)context;
  puts(line);
}

/* A number without a point. */
static void say(const char *name, double value) {
  unsigned long long bits;
  memcpy(&bits, &value, sizeof bits);
  printf("%s %016llx\n", name, bits);
}

static void say_text(char *text) {
  puts(text);
  free(text);
}

static void use_locale(const char *half) {
  char found[16];
  const char *name = setlocale(LC_ALL, "");
  snprintf(found, sizeof found, "%.1f", 0.5);
  if (name && strcmp(found, half) == 0) return;
  fprintf(stderr, "host: expected a locale that writes %s, found %s, which writes %s\n", half,
          name ? name : "none", found);
  exit(9);
}

static void run(despur_run_result *result, const char *recipe, const char *directory) {
  static const char *const WRONG[] = {"data.strength=7.5", "train.optimizer.lr=0,5", "train.epochs=1.5"};
  despur_error error = {0};
  despur_config *config = NULL;
  char *text = NULL;
  need(despur_config_create(&config, &error), &error);
  need(despur_config_load(config, recipe, &error), &error);
  need(despur_config_set(config, "train.optimizer.lr=0.0125", &error), &error);
  for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
    if (despur_config_set(config, WRONG[i], &error) != DESPUR_OK) puts(error.message);
  need(despur_config_format(config, &text, &error), &error);
  say_text(text);
  need(despur_config_describe(&text, NULL, &error), &error);
  say_text(text);
  const despur_run_options options = {.directory = directory, .threads = 2, .observer.note = note};
  need(despur_run(result, config, &options, &error), &error);
  despur_config_free(config);
}

static void tables(const char *directory, const char *other) {
  const char *directories[] = {directory, other};
  const despur_table_options options = {0};
  despur_error error = {0};
  despur_table *table = NULL;
  need(despur_table_create(&table, directories, 2, &options, &error), &error);
  for (int format = DESPUR_TABLE_TEXT; format <= DESPUR_TABLE_CSV; format++) {
    char *text = NULL;
    need(despur_table_print(table, (despur_table_format)format, &text, &error), &error);
    say_text(text);
  }
  for (size_t i = 0; despur_table_note(table, i); i++) puts(despur_table_note(table, i));
  despur_table_free(table);
}

static void checks(const despur_scores *scores, const char *directory) {
  despur_check all[] = {{.condition = DESPUR_WORST_GROUP_AT_LEAST, .bound = 0.25},
                        {.condition = DESPUR_GAP_AT_MOST, .bound = 0.125}};
  despur_error error = {0};
  char path[512], name[DESPUR_CHECK_NAME];
  snprintf(path, sizeof path, "%s/junit.xml", directory);
  if (despur_check_all(all, 2, &(despur_check_subject){.scores = scores}, 0.95, &error) != DESPUR_OK)
    puts(error.message);
  need(despur_check_write_junit(all, 2, &(despur_check_subject){.name = "host"}, path, &error), &error);
  for (size_t i = 0; i < 2; i++) {
    despur_check_name(&all[i], name);
    puts(name);
  }
}

/* Reads the file that the run has written. */
static void measure(const char *directory) {
  despur_error error = {0};
  despur_predicted predicted = {0};
  despur_scores scores = {0};
  need(despur_predicted_read(&predicted, directory, NULL, &error), &error);
  need(despur_predicted_scores(&scores, &predicted, &error), &error);
  say("loss", scores.loss);
  say("worst group", scores.worst_group_accuracy);
  checks(&scores, directory);
  despur_scores_release(&scores);
  despur_predicted_release(&predicted);
}

static void pages(const char *directory, const char *other) {
  const char *directories[] = {directory, other};
  despur_error error = {0};
  char page[512], plots[512], *verdict = NULL;
  snprintf(page, sizeof page, "%s/both.html", directory);
  snprintf(plots, sizeof plots, "%s/plots", directory);
  despur_report_options options = {.page = page};
  need(despur_report(directories, 2, &options, &verdict, &error), &error);
  say_text(verdict);
  options = (despur_report_options){.plots = plots};
  need(despur_report(directories, 1, &options, &verdict, &error), &error);
  say_text(verdict);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  use_locale(argv[4]);
  const char *directory = argv[2], *other = argv[3];
  despur_error error = {0};
  despur_run_result result = {0};
  run(&result, argv[1], directory);
  say("run's worst group", result.stages[0].scores.worst_group_accuracy);
  despur_run_result_release(&result);
  tables(directory, other);
  pages(directory, other);
  const despur_verify_options again = {.quick = 1};
  despur_verify_result verified = {0};
  need(despur_verify(&verified, directory, &again, &error), &error);
  printf("verified: %zu files; %s\n", verified.outputs, verified.difference);
  measure(directory);
  char half[16];
  snprintf(half, sizeof half, "%.1f", 0.5);
  return strcmp(half, argv[4]) == 0 ? 0 : 9; /* the program's locale is as it was */
}
