"""DICOM and NIfTI files as pictures without names: the jobs `medgr2.clinical.dicom` and `medgr2.clinical.nifti`."""
