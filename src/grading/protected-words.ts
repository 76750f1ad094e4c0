/**
 * Words that a light rewording must leave alone: function words, and words whose exchange could change what is claimed.
 */

const list = (words: string): string[] => words.split(/\s+/).filter((word) => word !== '');

/** Grammar, not content. */
export const functionWords: ReadonlySet<string> = new Set(
  list(`
    a an the this that these those it its they them their there here he she his her we our you your i my is are was
    were be been being am do does did done has have had having can could may might must shall should will would and or
    but nor so yet if then than as because since while whereas although though however therefore thus hence of in on
    at by for with from to into onto over under above below between among through across along near within about
    around toward towards after before during until upon per via out off up down against what which who whom whose
    where when why how each every either both all any some most more less few many much other another such same own
    only also just even still too very quite rather well almost further
  `),
);

/** Negation and certainty, sides and places, numbers and order, normal and ill, imaging methods. */
export const meaningfulWords: ReadonlySet<string> = new Set(
  list(`
    no not none never nothing neither without absent absence lack lacks lacking free negative positive unlikely likely
    possible possibly probable probably certain certainly definite suspicious suspected excluded exclude unable cannot
    hard soft present presence visible invisible normal abnormal healthy benign malignant mild moderate severe acute
    chronic stable left right upper lower top bottom middle central center centre peripheral superior inferior
    anterior posterior lateral medial proximal distal dorsal ventral cranial caudal inner outer internal external
    bilateral unilateral north south east west horizontal vertical axial coronal sagittal oblique supine prone
    quadrant zero one two three four five six seven eight nine ten eleven twelve first second third fourth fifth last
    single double triple multiple several pair half quarter dozen hundred thousand once twice image images scan scans
    imaging radiograph radiography radiology tomography resonance magnetic ultrasound ultrasonography sonogram
    sonography doppler echo microscopy microscope histology dermoscopy dermatoscope fundus photography photograph
    fundoscopy coherence optical mammography endoscopy angiography fluoroscopy scintigraphy biopsy stain contrast
    weighted modality patient lesion lesions tumor tumors tumour cancer carcinoma mass nodule cyst answer option
    question black white red green blue yellow brown pink purple orange gray grey
  `),
);
