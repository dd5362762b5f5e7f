#!/bin/bash
# sweep: the product of choices runs, nothing twice; table and picture are there.
# Arguments: the programs sweep and plot.
sweep=$PWD/$1 plot=$PWD/$2
source tools/testing/program_test.sh

all=(--dataset='gaussian_etf(num_classes=3,per_class=20,test_samples=8,dim=6)' --steps=20 --eval_points=3
  --metrics=loss,accuracy,variance_ratio --model='mlp(width={4,8},depth=1)' --lr=0.01,0.1 --seed=0..1 --out=s)
"$sweep" "${all[@]}" --plan >stdout 2>stderr || fail "plan"
[[ $(grep -c 'cell model=mlp(width=[48],depth=1), lr=0[.]0*1, seed [01]$' stdout) == 8 ]] || fail "not eight runs"
"$sweep" "${all[@]}" --plan --json >stdout 2>stderr || fail "plan as data"
python3 -c 'import json; assert len({r["name"] for r in json.load(open("stdout"))["runs"]}) == 8' || fail "not eight runs as data"
[[ ! -e s ]] || fail "plan made something"
"$sweep" "${all[@]}" >stdout 2>stderr || fail "sweep"
grep -q "8 of 8 runs to do" stderr || fail "does not say what it does"
[[ $(find s/runs -name DONE | wc -l) == 8 ]] || fail "not every run is done"
[[ $(wc -l <s/sweep.csv) == 9 ]] || { cat s/sweep.csv; fail "rows of sweep.csv"; }
grep -q nan s/sweep.csv && { cat s/sweep.csv; fail "a number is missing"; }
[[ $(grep -c '^   2 .* model=mlp' stdout) == 4 ]] || fail "four cells of two runs each"
for file in figure.svg figure.png figure.pdf figure.csv; do [[ -s s/$file ]] || fail "no $file"; done
# The table's mean is the mean of the runs' last rows.
cp stdout first
"$sweep" "${all[@]}" >stdout 2>stderr || fail "sweep again"
grep -q "0 of 8 runs to do" stderr || fail "repeats runs"
cmp stdout first || fail "another table"
# A run is made once, whatever output it is asked for in.
"$sweep" "${all[@]}" --out=t >second 2>stderr || fail "sweep elsewhere"
grep -q "0 of 8 runs to do" stderr || fail "repeats runs of another output"
cmp <(sed 's,/t/,/s/,' second) first || fail "another table of the same runs"
mean=$(awk -F, '/width=4,depth=1\), lr=0.01"/ { s += $(NF-3); n++ } END { printf "%.4g", s / n }' s/sweep.csv)
grep -q "^   2 .* $mean .*width=4,depth=1), lr=0.01\$" stdout || fail "test accuracy is not $mean"

# A parameter of a choice varies as a flag does.
"$sweep" --dataset=gaussian_etf --set optimizer.weight_decay=0,0.001 --plan --out=t >plan 2>stderr || fail "plan of a parameter"
[[ $(grep -c 'cell optimizer.weight_decay=0[.0]*1*, seed 0$' plan) == 2 ]] || { cat plan; fail "not two values of a parameter"; }

# The page says what ran; plot makes all of it again from the runs.
grep -q "mlp(width=8,depth=1), lr=0.1" s/report.html || fail "the page has no cell"
grep -q "bazelw run //tools:sweep -- .*width={4,8}" s/report.html || fail "the page does not say how to repeat it"
grep -q "What the paper did" s/report.html && fail "the page speaks of a paper"
files=(sweep.csv figure.csv figure.vl.json figure.svg report.html)
mkdir kept && (cd s && mv "${files[@]}" figure.png figure.pdf ../kept) || fail "files to keep"
"$plot" s >again 2>stderr || fail "plot does not redraw a sweep"
cmp first again || fail "plot prints another table"
for file in "${files[@]}"; do cmp kept/"$file" s/"$file" || fail "plot writes another $file"; done
[[ -s s/figure.png && -s s/figure.pdf ]] || fail "plot leaves pictures out"

# From the checkpoints of a run that is there.
"$sweep" --dataset='gaussian_etf(num_classes=3,per_class=20,test_samples=8,dim=6)' --steps=20 --eval_points=3 \
  --metrics=loss --model='mlp(width=4,depth=1)' --save_steps=5 --out=parent >stdout 2>stderr || fail "the parent"
parent=$(echo parent/runs/*)
chain=(--dataset='gaussian_etf(num_classes=3,per_class=30,test_samples=8,dim=6)' --steps=10 --eval_points=3
  --metrics=loss --model='mlp(width=4,depth=1)' --init_from="$parent" --init_step=5,20 --seed=0..1 --out=chain)
"$sweep" "${chain[@]}" >stdout 2>stderr || fail "a chain"
[[ $(grep -c '^   2 .* init_step=' stdout) == 2 ]] || fail "a chain has not two cells of two runs"
[[ -d chain/runs/$(basename "$parent") ]] || fail "the parent is not beside its children"
"$sweep" "${chain[@]}" --init_step=7 --out=none2 >stdout 2>stderr && fail "starts from a checkpoint that is not there"
grep -q "init_step is 7" stderr || fail "does not say which checkpoint is missing"

# Slurm that is not there, whatever this machine has.
PATH=/nowhere "$sweep" "${all[@]}" --seed=7 --launcher=slurm --out=cluster >stdout 2>stderr
[[ $? == 2 && ! -s stdout ]] || fail "no Slurm: not refused"
grep -q "there is no Slurm here" stderr || fail "does not say that there is no Slurm"

refuse() {
  local words=$1
  shift
  "$sweep" --out=none "$@" >stdout 2>stderr
  [[ $? == 2 ]] || fail "$*: not refused"
  grep -qF -- "$words" stderr || fail "does not say: $words"
  [[ ! -s stdout && ! -e none ]] || fail "$*: left something"
}
refuse "brace without its partner" --model='mlp(width={4,8)'
refuse "Did you mean 'mlp'?" --model='{mlp,mpl}'
refuse "--seed" --seed=0..x
refuse "what is 'mlp'" mlp
refuse "expected local or slurm" --launcher=slrum
refuse "needs --launcher=slurm" --slurm_args=--time=1
refuse "--init_step needs --init_from" --init_step=3
refuse "expected a duration" --time_limit=soon
refuse "from 1ms to 10000h" --time_limit=0.1ns
refuse "from 1ms to 10000h" --checkpoint_every=inf
refuse "Seed 0 is named twice. Name it once." --seed=0,0,1
refuse "Seed 0 is named twice. Name it once." --seed=0,00
refuse "--lr names 0.1 twice. Name it once." --lr=0.1,0.1
refuse "'lr=0.1' and 'lr=1e-1' are the same run. Name every value once." --lr=0.1,1e-1 --seed=0..1
refuse "are the same run" --model='mlp,mlp(width=1024,depth=3)'
refuse "--metrics is empty" --metrics=
refuse "'metrics' names nothing" --metrics=,
refuse "a whole number from 0 to 1024." --threads=100000
refuse "a whole number from 0 to 10000." --jobs=3000000000
refuse "from 1 to 1000000000000." --steps=0
refuse "--slurm_args: a quote (') is not closed" --launcher=slurm --slurm_args="--comment='two words"
refuse "backslash" --launcher=slurm --out='none\x'
# A run that diverges does not hold up the others, and is a result.
"$sweep" --dataset='gaussian_etf(num_classes=4,per_class=30,test_samples=20,dim=8,ratio=0.5)' --steps=300 \
  --eval_points=3 --metrics=loss --model='mlp(width=8,depth=1)' --lr=0.01,100000 --out=f >stdout 2>stderr
[[ $? == 0 ]] || fail "a diverged run counts as failed"
grep -q "The loss became" stderr || fail "no reason"
grep -q ',"\?The loss became ' f/sweep.csv || fail "sweep.csv does not say why"
grep -q "The loss became" f/report.html || fail "the page does not say why"
# Where every run fails the page says so.
"$sweep" --dataset='gaussian_etf(num_classes=4,per_class=30,test_samples=20,dim=8,ratio=0.5)' --steps=300 \
  --eval_points=3 --metrics=loss --model='mlp(width=8,depth=1)' --lr=100000 --out=none3 >all 2>stderr
[[ $? == 0 ]] || fail "all diverged: the exit status"
grep -q "The loss became" none3/report.html || fail "all failed: no page"
"$plot" none3 >again 2>stderr && cmp all again || fail "all failed: plot"
# Another's output is left alone.
mkdir other && touch other/file
"$sweep" "${all[@]}" --out=other >out 2>stderr
[[ $? == 2 && ! -s out ]] || fail "writes into a directory of other files"
grep -q "not an experiment's" stderr || fail "does not say what is wrong with --out"
grep -q '^   1 .*lr=0.01$' stdout && grep -q '^   0 .*lr=100000$' stdout || fail "the table hides who failed"
# A path that is no text, and more threads than cores; the command is there to be pasted.
odd=$TEST_TMPDIR/$'it\'s \xff'
"$sweep" --dataset='gaussian_etf(num_classes=3,per_class=20,test_samples=8,dim=6)' --steps=20 --eval_points=3 --threads=1024 \
  --metrics=loss --model='mlp(width=4,depth=1)' --out="$odd" >stdout 2>stderr || fail "a path that is no text"
[[ -s $odd/figure.svg && -s $odd/report.html ]] || fail "a path that is no text: no report"
command=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["command"])' "$odd/experiment.json") || fail "experiment.json"
eval "words=(${command#*-- })"
[[ ${words[-1]} == "--out=$odd" && ${words[0]} == "--dataset=gaussian_etf(num_classes=3,per_class=20,test_samples=8,dim=6)" ]] ||
  fail "the command is not the one given: $command"
# What it says is in log.txt of the runs and nowhere else.
compgen -G "$TEST_TMPDIR/*.INFO*" >/dev/null && fail "leaves log files of glog's own"
echo "all of it holds"
