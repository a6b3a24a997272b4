namespace SoonShop.ApiFrontend.Media;

/// <summary>Configuration section <c>Media</c>: where uploaded images are stored, and how large they may be.</summary>
public sealed class MediaOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Media";

    /// <summary>Where images are stored. All front ends must use the same store.</summary>
    public MediaStoreKind Store { get; set; }

    /// <summary>The directory of the store <c>Directory</c>, an absolute path. Several front ends need one that they share.</summary>
    public string Directory { get; set; } = "";

    /// <summary>The store <c>S3</c>.</summary>
    public S3Options S3 { get; set; } = new();

    /// <summary>
    /// The address under which clients load images, such as that of a cache in front of the shop; it precedes <c>/media/…</c> in URLs.
    /// Empty for paths without a host.
    /// </summary>
    public string PublicUrl { get; set; } = "";

    /// <summary>The largest upload, in bytes; 413 beyond.</summary>
    public int MaxBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>
    /// The largest image, in millions of pixels. Each image that is processed takes up to eight bytes of memory per pixel.
    /// </summary>
    public int MaxMegapixels { get; set; } = 50;

    /// <summary>The maximum number of images that this front end processes at the same time.</summary>
    public int MaxConcurrent { get; set; } = 1;

    /// <summary>
    /// The maximum number of uploads of this front end at the same time, also those that wait. Each holds its body in memory; 503 beyond.
    /// </summary>
    public int MaxUploads { get; set; } = 4;

    /// <summary>The longest time of an upload until its body has arrived, in seconds; 408 after that.</summary>
    public int UploadSeconds { get; set; } = 120;

    /// <summary>How long an upload waits until others are processed, in seconds; 503 after that.</summary>
    public int WaitSeconds { get; set; } = 20;

    /// <summary>How often this front end looks for removed images, whose files it deletes, in seconds.</summary>
    public double SweepSeconds { get; set; } = 600;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var (name, value, min, max) in ((string, double, double, double)[])
        [
            (nameof(MaxBytes), MaxBytes, 1024, 100 * 1024 * 1024),
            (nameof(MaxMegapixels), MaxMegapixels, 1, 144),
            (nameof(MaxConcurrent), MaxConcurrent, 1, 64),
            (nameof(MaxUploads), MaxUploads, 1, 256),
            (nameof(UploadSeconds), UploadSeconds, 1, 3600),
            (nameof(WaitSeconds), WaitSeconds, 1, 300),
            (nameof(SweepSeconds), SweepSeconds, 0.05, 86_400),
        ])
        {
            if (!(value >= min && value <= max))
                yield return FormattableString.Invariant($"{Section}:{name} is {value}; set {Section}__{name} to {min}–{max}.");
        }
        if (PublicUrl.Length > 0 && (!IsHttp(PublicUrl) || PublicUrl[^1] == '/'
            || PublicUrl.AsSpan().ContainsAny("?#") || PublicUrl.Length > 500))
            yield return $"{Section}:PublicUrl is '{PublicUrl}'; set {Section}__PublicUrl to an http or https URL without a / at its end.";
        if (Store == MediaStoreKind.Directory && !Path.IsPathFullyQualified(Directory))
            yield return $"{Section}:Directory is '{Directory}'; set {Section}__Directory to the absolute path of a directory for images.";
        if (!Enum.IsDefined(Store))
            yield return $"{Section}:Store is {(int)Store}; set {Section}__Store to None, Directory or S3.";
        if (Store != MediaStoreKind.S3)
            yield break;
        foreach (var problem in S3.Problems())
            yield return problem;
    }

    internal static bool IsHttp(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
}

/// <summary>Where images are stored.</summary>
public enum MediaStoreKind
{
    /// <summary>Nowhere: uploads are refused.</summary>
    None,
    /// <summary>In a directory.</summary>
    Directory,
    /// <summary>In a bucket of a service with the interface of Amazon S3.</summary>
    S3,
}

/// <summary>Configuration section <c>Media:S3</c>: a bucket of a service with the interface of Amazon S3.</summary>
public sealed class S3Options
{
    private const string Section = "Media:S3";

    /// <summary>The address of the service, such as <c>https://s3.eu-central-1.amazonaws.com</c>.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>The region for which requests are signed.</summary>
    public string Region { get; set; } = "us-east-1";

    /// <summary>The bucket. It must exist.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>What precedes the names of all files in the bucket, such as <c>shop/</c>; empty for nothing.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>True for addresses with the bucket in the path, which most services other than Amazon's need.</summary>
    public bool PathStyle { get; set; } = true;

    /// <summary>The id of the access key.</summary>
    public string AccessKey { get; set; } = "";

    /// <summary>The secret access key.</summary>
    public string SecretKey { get; set; } = "";

    /// <summary>The time limit of a request, in seconds.</summary>
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>How often a request that failed is sent again.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    internal IEnumerable<string> Problems()
    {
        if (!MediaOptions.IsHttp(Endpoint))
            yield return $"{Section}:Endpoint is '{Endpoint}'; set Media__S3__Endpoint to the http or https URL of the service.";
        foreach (var (name, value) in ((string, string)[])
        [
            (nameof(Region), Region), (nameof(Bucket), Bucket), (nameof(AccessKey), AccessKey), (nameof(SecretKey), SecretKey),
        ])
        {
            if (value.Length == 0)
                yield return $"{Section}:{name} is not set; set Media__S3__{name}.";
        }
        if (Prefix.Length > 200 || Prefix.StartsWith('/')
            || Prefix.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('/' or '-' or '_' or '.')))
            yield return $"{Section}:Prefix is '{Prefix}'; set Media__S3__Prefix to up to 200 letters, digits, -, _, . and /, not / first.";
        if (TimeoutSeconds is < 1 or > 300)
            yield return $"{Section}:TimeoutSeconds is {TimeoutSeconds}; set Media__S3__TimeoutSeconds to 1–300.";
        if (MaxRetries is < 0 or > 10)
            yield return $"{Section}:MaxRetries is {MaxRetries}; set Media__S3__MaxRetries to 0–10.";
    }
}
