"""The learning core: plain Python and numpy, no Odoo, no recordset, no cursor.

Columns (one array per input) go in; values, reasons and one error per failed row
come out. Nothing here reads a clock, a file or a network; ``child`` reads its standard input.

=================  ===========================================================
errors             what can go wrong, as one tree of exceptions
words              texts about bins, in English; readers' languages are handed in
columns            raw Python objects of one input -> one typed numpy column
binning            a column -> one byte per row: missing, unseen, other, bins
tags               several values at a time: one yes or no per frequent one
logistic           log odds, log loss, one Newton's method for every logistic fit
calibration        raw sums -> probabilities (or ranks), always monotone
points             points purified, centred and completed
groups             rows that belong together: moments of one record
uncertainty        how sure a sum of points is, as numbers beside the points
printing           a card's bins as few lines as a person reads
cards              what both cards share: codes, contributions, reasons, support
scorecard          points per bin, added up and calibrated: learned with labels
tails              beyond the range of a number: how far out, as bins without rows
anomaly            surprise per bin, added up and ranked: learned without labels
reviewed           points that reviewers taught, over the inputs and their surprise
ageing             until when a chance stands while only time passes
counterfactual     the smallest change of one input that would change a chance
flagged            which input is the strongest reason of a row
approximate        of scorers that are no sums of points: reasons that are no points
imported_trees     numbers of scikit-learn's trees, looked through before they are used
imported_schema    the objects in a file of a pipeline: listed ones only
imported_files     files of pipelines: looked through before anything is built
imported           a scikit-learn pipeline, with our bins around it (skops)
profile            counts per bin: what the monitors see of the past
remote_card        a model that runs elsewhere: our bins around answers that are brought in
artifact           a card <-> checked plain JSON with a format version and a digest
intervals          of shares, their differences, and of weighted random checks
bands              a score in one word, and whether outcomes tell the words apart
routing            who decides: the machine, a person; and the audit sample
rates              shares of rows, what is tolerated of them, and how much those of weeks differ
noise              what ordinary weeks show by themselves, as plain values
drift              have the inputs or the scores moved since the reference
ordinary           how much ordinary weeks differ, measured on a reference
joint              do the inputs still belong together: pairs of columns
week_of_month      reference counts by week of the month: like compared with like
quality            is what comes in whole: ranges, constants, volume
causes             what the rows in question have in common
performance        values against what really happened, with intervals
counts             exact tests of counts, and how much weeks differ beyond chance
agreement          do reviewers judge alike, and with a look at the record
challenge          may the challenger replace the champion: one paired test
costs              thresholds in money: where a review costs less than it saves
outcomes           a cohort whose outcomes are due against what was said of it
estimated          performance expected before the outcomes are known
maturity           how long outcomes take, open records counted as what they are
prequential        two scorers of the same records, compared as outcomes mature
standing_watch     chances and order, watched by evidence that may be looked at daily
risk               a bound on the mean loss that may be looked at every day
segments           whether scores are as true for every part of the business
segment_test       a version tested part by part, and on parts it never saw
promotion          the gate in front of a new version: verdict, attempts, guards
side_by_side       two scorers on the same records: figures, and what would change
replay             a company's last year, month by month: ours against what there was
value              what changed between two periods, with intervals
comparison         what differs between two cards
copies             rows that stand in a table more than once
table              what is learned from: refusals, time order, which row is for what
pairs              which inputs act together
recency            how far back to learn
linear             additive logistic regression on codes, shrunk as the rows ask for
naive              what each input says alone: naive Bayes as a sum of tables
stacking           several sums for one: how much each counts
shrinkage          a sum of tables for few cases: every input, drawn towards nothing
trees              boosting of trees of one input each, on sums per bin
boosting           boosters and regressions, averaged over folds, and pairs
training           columns and labels -> a tested scorecard
anomaly_training   columns -> an anomaly card
reweighted         the reasons of an anomaly card, weighed by verdicts
reviewed_training  columns, an anomaly card, verdicts -> a tested reviewed card
import_evaluation  a pipeline's file and labelled rows -> a tested version
threads            one thread while training
survivorship       whether a value brings the end, or the end the value
suggestions        how much an input tells, before any is chosen
frames             values as bytes and back, without code
child              a process of its own that trains, told what to do by frames
leaks              inputs that would not be there when they are needed
=================  ===========================================================

Imports run upwards in this table, never down; scoring needs neither
scikit-learn nor scipy, which are imported inside the functions that use them.
Import the modules, not this package: it holds only this map.
"""
