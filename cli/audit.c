/* despur audit: what a classifier leans on that nobody labelled. */
#include "audit_examples.h"
#include "cli.h"
#include "counting.h"
#include "embedding.h"
#include "emit.h"
#include "examples.h"
#include "output.h"
#include "terminal.h"

#include "despur/audit.h"
#include "despur/report.h"
#include "despur/run.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD = 10 };

static despur_status read_options(despur_audit_options *out, const cli_arguments *arguments,
                                  despur_error *error) {
  long folds = 5, seed = 0, threads = 1, some = 0, repeats = 0;
  despur_status status = cli_integer(&folds, arguments, "folds", 2, 1000, 5, error);
  *out =
      (despur_audit_options){.trained_on = cli_value(arguments, "trained-on") != NULL,
                             .in_place = cli_value(arguments, "model") == NULL}; /* they are written, too */
  if (status == DESPUR_OK) status = cli_integer(&seed, arguments, "seed", 0, INT32_MAX, 0, error);
  if (status == DESPUR_OK)
    status = cli_integer(&threads, arguments, "threads", 1, 256, despur_processors(), error);
  if (status == DESPUR_OK) status = cli_real(&out->l2, arguments, "penalty", 1e-9, 1e9, 0.03, error);
  if (status == DESPUR_OK) status = cli_confidence(&out->confidence, arguments, error);
  if (status == DESPUR_OK) status = cli_integer(&some, arguments, "label-some", 2, INT32_MAX, 0, error);
  if (status == DESPUR_OK && some > 0 && !cli_value(arguments, "out"))
    status = cli_fail(error, DESPUR_BAD_USAGE, "--label-some: expected --out, where to_label.csv goes");
  if (status == DESPUR_OK) status = cli_integer(&repeats, arguments, "repeats", 0, 10000, 0, error);
  out->finders = cli_value(arguments, "finders");
  out->repeats = (size_t)repeats;
  out->label_some = (size_t)some;
  out->folds = (size_t)folds;
  out->seed = (uint64_t)seed;
  out->threads = (int)threads;
  return status;
}

static void print_cells(const despur_audit *a) {
  size_t shown = 0;
  terminal_print(stdout, "\n%-10s %8s %8s %8s %17s  %s\n", "class", "cell", "errors", "rest", "points more",
                 "where");
  for (size_t i = 0; i < a->cells_count && shown < TOLD; i++) {
    const despur_audit_cell *c = &a->cells[i];
    const despur_audit_cell_words words = despur_audit_words_of(a, c);
    if (!c->confirmed && !c->answers && !c->disguised) continue;
    shown++;
    terminal_print(stdout, "%-10s %8zu %6.1f %% %6.1f %% %5.1f (%.1f to %.1f)  %s%s%s%s\n",
                   a->class_names[c->class_index], c->count, 100 * c->error, 100 * c->rest_error,
                   100 * c->excess, 100 * c->low, 100 * c->high, words.cell, words.between, words.candidate,
                   c->disguised ? " (the model's own margin in disguise)" : "");
  }
}

static void print_rare_classes(const despur_audit *a) {
  for (size_t k = 0; k < a->classes; k++)
    if (a->class_sizes[k] < DESPUR_AUDIT_RARE)
      terminal_print(stdout, "class %s: %zu examples, too few to say anything of it\n", a->class_names[k],
                     a->class_sizes[k]);
}

static void print_share(const despur_audit_share *s, const char *chance) {
  if (isnan(s->value)) {
    terminal_print(stdout, " %24s", "-");
    return;
  }
  char text[64];
  int used = snprintf(text, sizeof text, "%.1f (%.1f to %.1f)", 100 * s->value, 100 * s->low, 100 * s->high);
  if (*chance && used > 0 && (size_t)used < sizeof text)
    snprintf(text + used, sizeof text - (size_t)used, "%s %.0f", chance, 100 * s->chance);
  terminal_print(stdout, " %24s", text);
}

static void print_columns(const despur_audit *a) {
  if (a->columns_count == 0) return;
  terminal_print(stdout, "\n%-16s %24s %24s %24s\n", "column, %", "read from features", "says the label",
                 "accuracy lost held out");
  for (size_t i = 0; i < a->columns_count; i++) {
    const despur_audit_column *c = &a->columns[i];
    terminal_print(stdout, "%-16s", c->name);
    print_share(&c->read, "/");
    print_share(&c->says, "/");
    print_share(&c->fall, "");
    terminal_print(stdout, "\n");
  }
  terminal_print(stdout, "behind a stroke: by chance; intervals hold for all columns together\n");
}

static void print_noted(const despur_audit *a) {
  if (!a->noted_name) return;
  terminal_print(stdout, "\nWhat was noted of %zu examples: %s\n", a->noted_used,
                 despur_audit_verdict_word(a->noted_verdict));
  if (a->noted_ignored > 0)
    terminal_print(stdout, "%zu others are not in the confirmation half: of no use\n", a->noted_ignored);
  if (a->noted_count == 0) return;
  terminal_print(stdout, "%-10s %-16s %8s %9s %9s %9s %9s %9s\n", "class", "noted", "share", "wrong", "right",
                 "errors", "without", "p adj.");
  for (size_t i = 0; i < a->noted_count && i < TOLD; i++) {
    const despur_audit_noted *n = &a->noted[i];
    char wrong[48], right[48];
    snprintf(wrong, sizeof wrong, "%zu/%zu", n->wrong_with, n->wrong);
    snprintf(right, sizeof right, "%zu/%zu", n->right_with, n->right);
    terminal_print(stdout, "%-10s %-16s %6.1f %% %9s %9s %7.1f %% %7.1f %% %9.2g%s\n",
                   a->class_names[n->class_index], a->noted_values[n->value], 100 * n->share, wrong, right,
                   100 * n->error_with, 100 * n->error_without, n->adjusted, n->confirmed ? " *" : "");
  }
  terminal_print(stdout, "share of the class, and errors with the value and without it, follow from these\n");
}

static void print_pastes(const despur_audit *a) {
  if (a->pastes_count == 0) return;
  terminal_print(
      stdout,
      "\nWhat the model says once a region of one picture lies over another, of %zu x %zu pixels: "
      "predictions\nthat follow, beside those that follow a region of the same size from elsewhere\n",
      a->model_height, a->model_width);
  terminal_print(stdout, "%-10s %-24s %8s %9s %10s %22s %9s\n", "class", "region", "pictures", "follow",
                 "elsewhere", "points more", "p adj.");
  for (size_t i = 0; i < a->pastes_count; i++) {
    const despur_audit_paste *p = &a->pastes[i];
    char region[64];
    snprintf(region, sizeof region, "%zu x %zu, %zu down, %zu in", p->region.height, p->region.width,
             p->region.top, p->region.left);
    terminal_print(stdout, "%-10s %-24s %8zu %7.1f %% %8.1f %% %6.1f (%.1f to %.1f) %9.2g%s\n",
                   a->class_names[p->class_index], region, p->count,
                   100 * (double)p->followed / (double)p->count,
                   100 * (double)p->followed_elsewhere / (double)p->count, 100 * p->difference, 100 * p->low,
                   100 * p->high, p->adjusted, p->confirmed ? " *" : "");
  }
}

static void print_text(const despur_audit *a, const char *sentence, const char *caution) {
  terminal_print(stdout, "%s\n", sentence);
  if (caution) terminal_print(stdout, "%s\n", caution);
  terminal_print(stdout, "\nexamples: %zu, of which %zu to find and %zu to confirm; error %.1f %%%s\n",
                 a->used, a->discovery, a->confirmation, 100 * a->error,
                 a->own_head ? " of a head that was fitted here, in folds" : "");
  if (a->weight)
    terminal_print(stdout,
                   "weights of %s: those that confirm are worth %.1f that weigh alike (Kish); rates of error "
                   "are weighted, counts are not\n",
                   a->weight, a->effective);
  if (a->repeats > 0 && (a->verdict == DESPUR_LEANS_ON_IT || a->verdict == DESPUR_WEAK_GROUP))
    terminal_print(
        stdout,
        "with %zu other halves: at least half of these examples confirmed in %zu, leans on something in "
        "%zu\n",
        a->repeats, a->repeats_again, a->repeats_leaning);
  else if (a->repeats > 0)
    terminal_print(stdout, "with %zu other halves: something found in %zu\n", a->repeats, a->repeats_found);
  if (a->duplicates > 0)
    terminal_print(stdout, "duplicates: %zu, kept on one side and counted once\n", a->duplicates);
  if (a->constant_columns > 0)
    terminal_print(stdout, "constant columns: %zu, left out\n", a->constant_columns);
  print_rare_classes(a);
  for (size_t i = 0; i < a->notes_count; i++) terminal_print(stdout, "note: %s\n", a->notes[i]);
  if (a->trained_on)
    terminal_print(
        stdout, "the features come from a network that was trained on these examples: it errs less on them "
                "than on new ones, so finding nothing says less\n");
  if (a->cells_count > 0 && (a->cells[0].confirmed || a->cells[0].disguised)) print_cells(a);
  print_pastes(a);
  print_columns(a);
  print_noted(a);
  if (a->to_label_count > 0)
    terminal_print(stdout,
                   "\nto_label.csv has %zu examples: note down in its column 'attribute' what you see (leave "
                   "out what you cannot tell), then give the file to --labelled\n",
                   a->to_label_count);
  terminal_print(
      stdout, "\nA cell may only overlap with what a model goes by, and data alone cannot say whether that "
              "belongs to what the class means: look at the examples.\n");
}

/* What audit.json says, and how the examples were read. */
static despur_status print_json(const despur_audit *a, const despur_examples *e, despur_error *error) {
  emit j = {0};
  char *json = NULL;
  despur_status status = despur_audit_json(&json, a, error);
  if (status != DESPUR_OK) return status;
  emit_open(&j, NULL, '{');
  emit_members(&j, json);
  examples_emit(&j, e);
  emit_close(&j, '}');
  free(json);
  return DESPUR_OK;
}

static despur_status show(const despur_audit *a, const despur_examples *e, const cli_arguments *arguments,
                          despur_error *error) {
  char *sentence = NULL, *caution = NULL;
  despur_status status = despur_audit_sentence(&sentence, a, error);
  if (status == DESPUR_OK) status = despur_audit_caution(&caution, a, error);
  if (status == DESPUR_OK && cli_value(arguments, "json")) status = print_json(a, e, error);
  if (status == DESPUR_OK && !cli_value(arguments, "json")) {
    examples_print(e);
    print_text(a, sentence, caution);
  }
  if (status == DESPUR_OK && a->verdict == DESPUR_TOO_FEW_EXAMPLES)
    status = cli_fail(error, DESPUR_TOO_LITTLE_DATA, "audit: %s", sentence);
  if (status == DESPUR_OK && cli_value(arguments, "gate") && a->verdict != DESPUR_NOTHING_FOUND)
    status = cli_fail(error, DESPUR_GATE_FAILED, "audit: %s", sentence);
  free(sentence);
  free(caution);
  return status;
}

/* The words of the command line that say what was audited and how; not where it went. */
static void describe_command(char *out, size_t room, const cli_arguments *arguments) {
  static const char *const LEFT_OUT[] = {"out", "force", "json", "gate", "threads", NULL};
  size_t used = (size_t)snprintf(out, room, "despur audit");
  for (size_t i = 0; i < arguments->count && used < room; i++)
    used += (size_t)snprintf(out + used, room - used, " %s", arguments->positional[i]);
  for (size_t g = 0; g < arguments->given_count && used < room; g++) {
    const cli_given *given = &arguments->given[g];
    const cli_option *option = &arguments->verb->options[given->option];
    bool shown = true;
    for (const char *const *name = LEFT_OUT; *name; name++) shown &= strcmp(*name, option->name) != 0;
    if (shown)
      used += (size_t)snprintf(out + used, room - used, " --%s%s%s", option->name,
                               option->argument ? " " : "", option->argument ? given->value : "");
  }
}

/* ---- pictures ---- */

static despur_status pictures_of_folder(despur_thumbnail *out, const char *folder, const despur_audit *a,
                                        const uint32_t *examples, size_t count, size_t side,
                                        despur_error *error) {
  const char **names = calloc(count + 1, sizeof *names);
  if (!names) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  for (size_t i = 0; i < count; i++) names[i] = a->ids[examples[i]];
  despur_status status = despur_thumbnails_of_folder(out, folder, names, count, side, error);
  free(names);
  return status;
}

/* Pictures of the examples that the page shows: below a folder by their ids, from an array, from the folder
 * that is audited, or from the data of a run. */
static despur_status take_pictures(despur_thumbnail *out, const despur_audit *a, const uint32_t *examples,
                                   size_t count, const cli_arguments *arguments, despur_error *error) {
  const char *pictures = cli_value(arguments, "pictures");
  const char *word = arguments->count ? arguments->positional[0] : NULL;
  const size_t side = despur_audit_picture_side(a);
  if (count == 0) return DESPUR_OK;
  if (pictures && cli_is_folder(pictures))
    return pictures_of_folder(out, pictures, a, examples, count, side, error);
  if (pictures) return despur_thumbnails_of_array(out, pictures, a->examples, examples, count, side, error);
  if (cli_value(arguments, "model")) return pictures_of_folder(out, word, a, examples, count, side, error);
  return word && cli_is_folder(word) ? despur_run_thumbnails(out, word, examples, count, side, error)
                                     : DESPUR_OK;
}

/* What is wrong with a picture shall be said before the work begins. */
static despur_status check_pictures(const despur_examples *e, const cli_arguments *arguments,
                                    despur_error *error) {
  const char *pictures = cli_value(arguments, "pictures");
  if (!pictures) return DESPUR_OK;
  despur_thumbnail first = {0};
  despur_status status;
  enum { TRIED_SIDE = 96 };
  if (!cli_value(arguments, "out"))
    return cli_fail(error, DESPUR_BAD_USAGE, "--pictures: expected --out, for the page that shows them");
  if (cli_is_folder(pictures) && !e->ids)
    return cli_fail(error, DESPUR_BAD_USAGE,
                    "--pictures: expected --id, the column with the paths of pictures below %s", pictures);
  if (cli_is_folder(pictures))
    status = despur_thumbnails_of_folder(&first, pictures, e->ids, 1, TRIED_SIDE, error);
  else
    status = despur_thumbnails_of_array(&first, pictures, e->count, &(uint32_t){0}, 1, TRIED_SIDE, error);
  despur_thumbnails_release(&first, 1);
  return status;
}

/* Of the examples that are shown, and behind them of what pasting has made. */
static despur_status draw_page(despur_thumbnail *out, const despur_audit *a,
                               const despur_picture_model *model, const cli_arguments *arguments,
                               despur_error *error) {
  const size_t sampled = despur_audit_sampled(NULL, a), shown = despur_audit_shown(NULL, a);
  uint32_t *examples = calloc(sampled + 1, sizeof *examples);
  despur_pasted *pasted = calloc(shown + 1, sizeof *pasted);
  despur_status status = DESPUR_OK;
  if (!examples || !pasted) status = cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  if (status == DESPUR_OK) {
    despur_audit_sampled(examples, a);
    despur_audit_shown(pasted, a);
    status = take_pictures(out, a, examples, sampled, arguments, error);
  }
  if (status == DESPUR_OK && shown > 0)
    status = model->draw(model->self, out + sampled, pasted, shown, despur_audit_picture_side(a), error);
  free(examples);
  free(pasted);
  return status;
}

static despur_status write_page(const despur_audit *a, const char *path, const char *command,
                                const despur_picture_model *model, const cli_arguments *arguments,
                                despur_error *error) {
  const size_t count = despur_audit_sampled(NULL, a) + despur_audit_shown(NULL, a);
  despur_thumbnail *thumbnails = calloc(count + 1, sizeof *thumbnails);
  if (!thumbnails) return cli_fail(error, DESPUR_NO_RESOURCES, "out of memory");
  despur_status status = draw_page(thumbnails, a, model, arguments, error);
  if (status == DESPUR_OK) status = despur_report_audit(a, command, thumbnails, path, error);
  despur_thumbnails_release(thumbnails, count);
  free(thumbnails);
  return status;
}

static despur_status write_files(const despur_audit *a, const char *out, const despur_picture_model *model,
                                 const cli_arguments *arguments, despur_error *error) {
  char command[4096], path[4096];
  despur_status status = despur_audit_write(a, out, error);
  int bytes = snprintf(path, sizeof path, "%s/report.html", out);
  if (status != DESPUR_OK) return status;
  if (bytes < 0 || (size_t)bytes >= sizeof path)
    return cli_fail(error, DESPUR_BAD_USAGE, "%s: the path is too long", out);
  describe_command(command, sizeof command, arguments);
  return write_page(a, path, command, model, arguments, error);
}

/* What a model made of pictures: computing it again takes longest. */
static despur_status write_features(const despur_examples *examples, const char *out, despur_error *error) {
  char path[4096];
  int bytes = snprintf(path, sizeof path, "%s/features.npy", out);
  if (bytes < 0 || (size_t)bytes >= sizeof path)
    return cli_fail(error, DESPUR_BAD_USAGE, "%s: the path is too long", out);
  return despur_examples_write(examples, path, error);
}

/* What was noted is of examples that have been read. */
static despur_status read_noted(despur_example_column *out, despur_audit_options *options,
                                const despur_examples *examples, const cli_arguments *arguments,
                                despur_error *error) {
  const char *path = cli_value(arguments, "labelled");
  if (!path) return DESPUR_OK;
  despur_status status = despur_examples_read_noted(out, path, examples->count, error);
  if (status == DESPUR_OK) options->noted = out;
  return status;
}

/* Passes through a model take long; finders do not. */
static void show_passes(void *context, const char *stage, size_t done, size_t total) {
  counting *shown = context;
  const bool looks = strcmp(stage, "where the model looks") == 0;
  if (!looks && strcmp(stage, "pasting") != 0) return;
  shown->what = looks ? "pictures looked into" : "pictures pasted";
  counting_show(shown, done, total);
}

static despur_status execute(const cli_arguments *arguments, despur_error *error) {
  counting shown = counting_start("pictures", false);
  despur_picture_model model = {0};
  despur_example_column noted = {0};
  despur_examples examples = {0};
  despur_audit_options options;
  despur_audit *audit = NULL;
  const char *out = cli_value(arguments, "out");
  if (arguments->count > 1)
    return cli_fail(error, DESPUR_BAD_USAGE, "audit: expected one file of features, found %zu words",
                    arguments->count);
  despur_status status = read_options(&options, arguments, error);
  if (status == DESPUR_OK && out) status = cli_may_fill(arguments, out, error);
  if (status == DESPUR_OK) status = audit_examples_read(&examples, &model, &options, arguments, error);
  if (status == DESPUR_OK) status = read_noted(&noted, &options, &examples, arguments, error);
  if (status == DESPUR_OK) status = check_pictures(&examples, arguments, error);
  if (model.self || *model.without) options.model = &model;
  options.watch = (despur_watch){.context = &shown, .progress = show_passes};
  if (status == DESPUR_OK) status = despur_audit_run(&audit, &examples, &options, error);
  counting_end(&shown);
  if (status == DESPUR_OK && out) status = write_files(audit, out, &model, arguments, error);
  if (status == DESPUR_OK && out && cli_value(arguments, "model"))
    status = write_features(&examples, out, error);
  if (status == DESPUR_OK) status = show(audit, &examples, arguments, error);
  despur_audit_free(audit);
  despur_picture_model_close(&model);
  despur_example_column_release(&noted);
  despur_examples_release(&examples);
  return status;
}

const cli_verb cli_audit = {
    .name = "audit",
    .usage = "RUN | PREDICTIONS | FOLDER --model FILE.onnx | FEATURES --labels FILE | FEATURES --table FILE "
             "--label COL [OPTIONS]",
    .summary = "find what a classifier leans on that nobody labelled, with evidence",
    .help =
        "FEATURES (.npy, FILE.npz:NAME, FILE.safetensors:NAME) has what any network says of an example in "
        "each "
        "row.\n"
        "Half of the examples are searched for groups that are told apart by features or metadata; the "
        "other\n"
        "half says which of them have more errors than the rest of their class. Without predictions a last\n"
        "layer is fitted to the features, and every example is judged by one that has not seen it. With\n"
        "splits, training examples are used; with splits and predictions, all others. RUN is a directory "
        "that\n"
        "despur run has left: the features of its network on its training examples.\n"
        "\n"
        "PREDICTIONS is a table as 'despur eval --predictions' reads it: which columns have the labels and "
        "what a\n"
        "model predicted is guessed, printed, and can be said. All others are searched, or those that --by "
        "names.\n"
        "\n"
        "--weight is how much an example counts: rates of error are then weighted, and tested as so many\n"
        "examples that weigh alike as would be as sure, and as they are counted: what is found holds for\n"
        "both. Rows that weigh nothing count as not there.\n"
        "\n"
        "Groups that overlap (--overlapping of 'despur eval') are columns here: a cell is compared with the\n"
        "rest of its class, so --by male,female looks at each by itself, and at what they say together.\n"
        "\n"
        "FOLDER has pictures, in any layout that 'despur features' takes, and --model runs an ONNX model "
        "over\n"
        "them. A last layer is fitted to its features; with --model-predicts its own outputs are the "
        "classes\n"
        "of the folder, in the order of their names. DIR gets features.npy and features.npy.csv, too.\n"
        "\n"
        "Where such a model or the network of a run looks is asked, too, where it has maps, and what it "
        "says\n"
        "once a region of one picture lies over another; '--finders' without 'maps' leaves both out.\n"
        "\n"
        "Exit codes: 0; 1 with --gate when something was found; 5 too little data.\n"
        "\n"
        "Examples:\n"
        "  despur audit features.npy --labels labels.npy --out audit\n"
        "  despur audit runs/demo\n"
        "  despur audit features.npy --table people.csv --label outcome --by age:4,site --unit patient\n"
        "  despur audit predictions.csv --by age:4,site,device --gate\n"
        "  despur audit survey.csv --by region,age:4 --weight wt\n"
        "  despur audit features.npy --table features.npy.csv --pictures photographs/ --out audit\n"
        "  despur audit photographs/ --model resnet50.onnx --out audit\n"
        "  despur audit features.npy --labels labels.npy --label-some 100 --out audit\n"
        "  despur audit features.npy --labels labels.npy --labelled audit/to_label.csv\n"
        "  despur audit loans.csv --label granted --score p --positive yes\n"
        "  despur run recipe.yaml data.attributes=audit/attributes.npy\n",
    .options = {EXAMPLE_OPTIONS,
                {"score", "COL", "the column with the probability of one of two classes"},
                {"positive", "CLASS", "which class that is (default 1 or true)"},
                {"threshold", "T", "score from which on it is predicted (default 0.5)"},
                {"probabilities", "PREFIX", "the columns PREFIX0, PREFIX1, ... or PREFIXcat, ..."},
                {"model", "FILE", "an ONNX model that sees the pictures of a folder"},
                {"model-predicts", NULL, "its outputs are the classes of the folder"},
                EMBEDDING_OPTIONS,
                {"trained-on", NULL, "the features' network was trained on these examples"},
                {"out", "DIR", "write report.html, audit.json, candidates.csv, groups.csv and arrays"},
                {"pictures", "FOLDER", "show pictures: below it by --id, or of an array [n, ...] (.npy)"},
                {"finders", "NAME,NAME", "who proposes; 'all': also those that are asked by name only"},
                {"repeats", "N", "look again with N other halves: is it found there, too? (default 0)"},
                {"label-some", "N", "write to_label.csv: N examples of which to note what you see"},
                {"labelled", "FILE", "that list with its column 'attribute' filled in"},
                {"force", NULL, "the directory may have files in it"},
                {"gate", NULL, "exit code 1 when something was found"},
                {"penalty", "X", "l2 of the head (default 0.03, of standardised features)"},
                {"folds", "N", "of the head (default 5)"},
                {"confidence", "C", "of all statements together (default 0.95)"},
                {"seed", "N", "of everything random (default 0)"},
                {"threads", "N", "processors to use (default all); results do not depend on it"},
                {"json", NULL, "results as JSON on stdout"}},
    .never = {{"overlapping", NULL,
               "groups must be a partition, for a cell is compared with the rest of its class; "
               "--by male,female looks at each column by itself, and at what they say together"}},
    .execute = execute};
