"""DICOM and NIfTI files as pictures without names: the jobs `dicom`, `nifti` and, with their label maps, `nifti_masks`."""
