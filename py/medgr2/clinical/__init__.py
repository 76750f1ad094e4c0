"""DICOM and NIfTI files as pictures without names: the jobs `dicom`, `nifti` and, with label maps, `nifti_masks`."""
