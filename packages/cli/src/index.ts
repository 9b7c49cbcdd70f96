// sallyport: log in, write kubeconfigs, search the audit trail.
export {};
