#!/bin/bash
# What a person does with a figure, at its smallest: run it, run it again, redraw
# it, stop it, mistype. Arguments: the programs fig6 and plot.
fig6=$PWD/$1
plot=$PWD/$2
source tools/testing/program_test.sh

expect 0 "2 of 2 runs to do" "$fig6" --preset=smoke --out=a
for file in report.html figure.svg figure.png figure.pdf figure.csv figure.vl.json claims.json; do
  [[ -s a/$file ]] || fail "a/$file is missing or empty"
done
grep -q '"verdict"' a/claims.json || fail "no verdicts"
grep -qE '^<(script|link|img)[^>]* (src|href)=' a/report.html && fail "the report loads something"
for run in a/runs/*; do
  for file in spec.json measure.json manifest.json metrics.csv log.txt DONE checkpoints/step-200.safetensors; do
    [[ -e $run/$file ]] || fail "$run/$file is missing"
  done
  ls "$run"/events.out.tfevents.* >/dev/null || fail "no TensorBoard file"
  head -1 "$run/metrics.csv" | grep -qx 'step,split,layer,metric,anchor,value' || fail "header of metrics.csv"
done
[[ $(find a -name '.*' -type f ! -name .lock) == "" ]] || fail "temporary files were left"

# Finished runs are not repeated; the same spec gives the same bytes.
expect 0 "0 of 2 runs to do" "$fig6" --preset=smoke --out=a
expect 0 "2 of 2 runs to do" "$fig6" --preset=smoke --out=apart/b
for run in a/runs/*; do
  other=apart/b/runs/$(basename "$run")
  cmp "$run/metrics.csv" "$other/metrics.csv" || fail "metrics.csv differs"
  cmp "$run"/checkpoints/step-200.safetensors "$other"/checkpoints/step-200.safetensors || fail "checkpoint differs"
done
cmp a/figure.csv apart/b/figure.csv || fail "figure.csv differs"

# An output beside it takes its finished runs over.
expect 0 "0 of 2 runs to do" "$fig6" --preset=smoke --out=beside
grep -q "taken over: $TEST_TMPDIR/a/runs/" stderr || fail "does not say whose runs"
cmp a/figure.csv beside/figure.csv || fail "the figure of runs taken over differs"

# Redrawing needs no run.
rm a/report.html a/figure.svg
expect 0 "" "$plot" a
[[ -s a/report.html && -s a/figure.svg ]] || fail "plot did not redraw"
expect 2 "experiment.json" "$plot" nowhere

# Asked for more, finished runs are measured from what they kept: the command with
# more metrics, or plot. Nothing is trained, and the rows are those of runs that
# were asked at once.
cp -r a more
expect 0 "2 finished runs are asked for more" "$fig6" --preset=smoke --out=more \
  --set metrics=variance_ratio,accuracy,loss,nc1_pinv_trace
grep -q "0 of 2 runs to do" stderr || fail "more metrics: runs are trained"
expect 0 "" "$plot" more --metrics=nc4_ncc_mismatch,feature_norm_mean
expect 0 "2 of 2 runs to do" "$fig6" --preset=smoke --out=alone/more \
  --set metrics=accuracy,between_variance,cdnv,loss,variance_ratio,within_variance,nc1_pinv_trace,nc4_ncc_mismatch,feature_norm_mean
for run in more/runs/*; do
  grep -q ',fc2,nc1_pinv_trace,own,' "$run/metrics.csv" || fail "no rows of the new metric"
  cmp "$run/metrics.csv" alone/more/runs/"$(basename "$run")"/metrics.csv || fail "asked later, the rows differ"
  cmp "$run/manifest.json" a/runs/"$(basename "$run")"/manifest.json || fail "more metrics: trained again"
done
cmp a/figure.csv more/figure.csv || fail "the figure of runs that were asked for more differs"
expect 2 "Unknown metric 'foo'" "$plot" more --metrics=foo
expect 2 "Unknown layer 'fc9'" "$plot" more --layers=fc9
expect 2 "Unknown layer 'fc9'" "$fig6" --preset=smoke --out=more --set layers=fc9
expect 2 "kept no checkpoint of it" "$fig6" --preset=smoke --out=more --set save_steps=7
expect 0 "0 of 2 runs to do" "$fig6" --preset=smoke --out=more

# Packed: a handful of files, drawn to the same figure.
expect 0 "" "$plot" a --pack=packed
[[ $(find packed -type f | wc -l) -lt 13 && ! -d packed/runs ]] || fail "packed: $(find packed)"
rm packed/figure.csv packed/report.html
expect 0 "" "$plot" packed
[[ -s packed/report.html ]] || fail "plot does not read what is packed"
cmp a/figure.csv packed/figure.csv || fail "packed: another figure"
cmp a/claims.json packed/claims.json || fail "packed: other verdicts"
expect 2 "is packed" "$plot" packed --metrics=cdnv
expect 2 "is a packed output" "$fig6" --preset=smoke --out=packed
expect 2 "is not empty" "$plot" a --pack=beside
head -c 200 packed/rows.csv.gz >cut.gz && cat cut.gz >packed/rows.csv.gz
expect 2 "rows.csv.gz is damaged" "$plot" packed

# Another architecture, all layers that it has.
expect 0 "1 of 1 runs" "$fig6" --preset=smoke --model=linear --seeds=0 --out=c

# A run that diverges is a result: FAILED with the step, the report says so, and
# it is not trained again.
for call in 1 2; do
  expect 0 "The loss became nan at step" "$fig6" --preset=smoke --seeds=0 --set lr=100000 --out=d
done
grep -q '"starts": 1' d/runs/*/manifest.json || fail "the diverged run was trained again"
grep -q "at step" d/runs/*/FAILED || fail "FAILED does not say where"
grep -q "not comparable" d/claims.json || fail "a claim about a run that diverged was judged"
grep -q "The loss became nan" d/report.html || fail "the report hides the failure"

# Mistakes: exit 2, one clear message, nothing on standard output or on disk.
refuse() {
  local words=$1
  shift
  # A seed that no other output has: nothing to take over.
  expect 2 "$words" "$fig6" --out=none --seeds=7 "$@"
  [[ ! -s stdout ]] || fail "$*: wrote to standard output"
  [[ ! -e none ]] || fail "$*: left something behind"
}
refuse "Did you mean '--preset'?" --presset=smoke
refuse "Known: auto, paper, small, smoke" --preset=tiny
refuse "Did you mean 'mlp'?" --preset=smoke --model=mpl
refuse "Known: classes, depth, width" --preset=smoke --model='mlp(widht=3)'
refuse "whole number from 1 to 65536" --preset=smoke --model='mlp(width=0)'
refuse "Did you mean 'mnist'?" --preset=smoke --dataset=mnits
refuse "asks for more samples than there are" --preset=smoke --dataset='mnist(train_size=70000)'
refuse "Unknown metric 'foo'" --preset=smoke --set metrics=foo
refuse "Unknown layer 'fc9'" --preset=smoke --set layers=fc9
refuse "Unknown setting" --preset=smoke --set stepz=3
refuse "is set twice" --preset=smoke --set steps=3 --set steps=4
refuse "The cells:" --preset=smoke --only=model=cnn
refuse "there is: auto, cpu" --preset=smoke --device=cuda
refuse "not a directory" --preset=smoke --data_dir=/nowhere
echo x >file
expect 2 "is a file" "$fig6" --preset=smoke --out=file
mkdir other && echo '{"experiment":"fig1","preset":"smoke","overrides":[],"only":[],"runs":[],"command":""}' >other/experiment.json
expect 2 "holds an output of fig1" "$fig6" --preset=smoke --out=other
mkdir cut && head -c 1000 /dev/zero | tee cut/{train,t10k}-{images-idx3,labels-idx1}-ubyte >/dev/null
refuse "magic number" --preset=smoke --data_dir=cut

# A stop by signal saves everything; the same command goes on, to the same bytes.
# (One thread: two that wait for each other crawl on a busy machine.)
"$fig6" --preset=smoke --seeds=0 --threads=1 --set steps=5000 --out=e 2>/dev/null >/dev/null &
pid=$!
for _ in $(seq 100); do ls e/runs/*/metrics.csv >/dev/null 2>&1 && break; sleep 0.1; done
kill -TERM $pid
wait $pid
[[ $? == 75 ]] || fail "SIGTERM did not give 75"
expect 0 "1 of 1 runs to do" "$fig6" --preset=smoke --seeds=0 --threads=1 --set steps=5000 --out=e
expect 0 "1 of 1 runs to do" "$fig6" --preset=smoke --seeds=0 --threads=1 --set steps=5000 --out=apart/f
cmp e/runs/*/metrics.csv apart/f/runs/*/metrics.csv || fail "a resumed run differs"
cmp e/figure.csv apart/f/figure.csv || fail "a resumed figure differs"
echo "all of it holds"
