// What the services say to each other, and the schema of sallyport.yaml.
export {};
