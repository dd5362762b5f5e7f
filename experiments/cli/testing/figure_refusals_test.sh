#!/bin/bash
# What a figure says to wrong input: before anything runs or is written. Argument:
# the program fig2, whose files of SVHN and STL-10 are not there.
fig2=$PWD/$1
source tools/testing/program_test.sh
# The default place holds nothing; MNIST and FashionMNIST come with the build.
export XDG_CACHE_HOME=$TEST_TMPDIR/cache
mkdir empty

# refuse WORDS FLAGS...: exit status 2, WORDS on standard error, nothing else.
refuse() {
  local words=$1
  shift
  "$fig2" --out=none --fetch=never "$@" >stdout 2>stderr
  local got=$?
  echo "$(date +%T) $*: exit $got"
  [[ $got == 2 ]] || fail "$*: exit $got, not 2"
  grep -qF -- "$words" stderr || fail "$*: does not say: $words"
  [[ ! -s stdout ]] || fail "$*: wrote to standard output"
  [[ ! -e none ]] || fail "$*: left something behind"
}

# Missing files: which, where to, what can run without them.
refuse "cannot run, since files are missing" --preset=small
grep -q "  svhn: .*$TEST_TMPDIR/cache/nclab/data/svhn.*train_32x32.mat" stderr || fail "not which files of SVHN, nor where to"
grep -q "  stl10: .*$TEST_TMPDIR/cache/nclab/data/stl10.*train_X.bin" stderr || fail "not which files of STL-10, nor where to"
grep -qF "6 of 15 cells can run without them: --only='dataset=fashion_mnist|mnist'" stderr || fail "not what can run"
refuse "No cell can run without them." --preset=small --only='dataset=svhn|stl10'
# A place that was named is the only one.
refuse "$TEST_TMPDIR/empty/mnist" --preset=small --data_dir=empty --only='dataset=mnist'

# A plan is printed all the same.
plan=("$fig2" --out=none --fetch=never --plan --preset=small '--only=model=resnet50|resnet18,dataset=mnist|stl10')
"${plan[@]}" >stdout 2>stderr || fail "--plan: exit $?"
grep -q "its data are missing" stdout || fail "--plan does not say whose data are missing"
grep -qE "[0-9,]+ parameters; [0-9.e+]+ steps/s measured: about" stdout || fail "--plan: no measured rate"
grep -qF "resnet18(width=16) on mnist(train_per_class=200," stdout && ! grep -q "label_noise=0" stdout || fail "--plan shows defaults of choices"
grep -q "2 runs, 2 to do" stdout || fail "--plan: not two runs"
"${plan[@]}" --json >plan.json 2>stderr || fail "--plan --json"
python3 - <<'EOF' || fail "--plan --json: see above"
import json

plan = json.load(open("plan.json"))
known, unknown = plan["runs"]
assert (known["cell"], unknown["cell"]) == ("mnist-resnet18", "stl10-resnet50"), plan
assert known["parameters"] > 1000 and known["steps_per_second"] > 0, known
assert abs(plan["estimated_seconds"] * plan["jobs"] - known["estimated_seconds"]) < 1e-6, plan
assert unknown["parameters"] is None and unknown["estimated_seconds"] is None, unknown
assert list(plan["missing"]) == ["stl10"], plan["missing"]
assert "label_noise=0" in known["spec"]["dataset"], known
assert known["steps"] == known["spec"]["steps"] == 2000, known
EOF
[[ ! -e none ]] || fail "--plan left something behind"

# What is not there, or contradicts itself.
refuse "There are dataset=cifar10|fashion_mnist|mnist|stl10|svhn and model=" --only=model=cnn
grep -qF ", svhn-vgg11_bn" stderr || fail "an --only without a cell does not list them"
refuse "--only names 'dataset' twice" --only=dataset=mnist,dataset=svhn
refuse "expected cell=NAME, dataset=NAME or model=NAME" --only=colour=red
refuse "Known: batch_size, dataset, eval_points" --preset=smoke --set stepz=3
refuse "'steps' is set twice" --preset=smoke --set steps=3,steps=4
refuse "'model' is set twice" --preset=smoke --model=mlp --set model=linear
refuse "'precision' is set twice" --preset=smoke --precision=bf16 --set precision=fp32
refuse "'optimizer' is set after a parameter of it" --preset=smoke --set optimizer.momentum=0,optimizer=sgd
refuse "set optimizer=sgd(weight_decay=0.5), or optimizer.weight_decay=0.5" --preset=smoke --set weight_decay=0.5
refuse "Unknown parameter 'momentun'" --preset=smoke --set optimizer.momentun=0
refuse "Unknown objective 'mze'" --preset=smoke --set objective=mze
refuse "use --seeds" --preset=smoke --set seed=3
refuse "Seed 3 is named twice" --preset=smoke --seeds=3,4,3
refuse "Unknown metric 'foo'" --preset=smoke --set metrics=loss,foo,steps=3
refuse "'metrics' names nothing" --preset=smoke --set metrics=
refuse "save_steps has 4; expected steps from 0 to 3" --preset=smoke --set save_steps=0,4,steps=3
refuse "--set has 'fc1'; expected key=value" --preset=smoke --set fc1
refuse "Unknown reading 'axis'" --preset=smoke --reading=axis
grep -qF "Known: axes, code, text" stderr || fail "an unknown reading does not list those there are"
refuse "The reading axes sets model.stem=cifar" --preset=small --reading=axes --set model.width=8,model.stem=imagenet
refuse "The reading axes sets model.stem=cifar" --preset=small --reading=axes --model=resnet18
CUDA_VISIBLE_DEVICES='' refuse "Say which: --preset=paper" --device=auto --launcher=slurm
refuse "--json is for --plan" --preset=smoke --json
refuse "train_size" --preset=smoke --dataset='mnist(train_size=10,train_per_class=1)'
echo "all of it holds"
