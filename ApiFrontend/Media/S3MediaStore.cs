using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace SoonShop.ApiFrontend.Media;

/// <summary>
/// Files as objects of a bucket. Each request has a time limit and a bounded number of retries. A file that is stored twice has the same
/// content, so a retry does no harm.
/// </summary>
internal sealed class S3MediaStore : IMediaStore, IDisposable
{
    /// <summary>The most connections to the service.</summary>
    private const int MaxConnections = 64;

    /// <summary>The most bytes of a file: more than an image of the largest width takes.</summary>
    private const int MaxFileBytes = 16 * 1024 * 1024;

    private readonly AmazonS3Client client;
    private readonly S3Options options;

    public S3MediaStore(MediaOptions media)
    {
        options = media.S3;
        client = new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), new AmazonS3Config
        {
            ServiceURL = options.Endpoint,
            AuthenticationRegion = options.Region,
            ForcePathStyle = options.PathStyle,
            Timeout = TimeSpan.FromSeconds(options.TimeoutSeconds),
            ConnectTimeout = TimeSpan.FromSeconds(Math.Min(options.TimeoutSeconds, 5)),
            MaxErrorRetry = options.MaxRetries,
            MaxConnectionsPerServer = MaxConnections,
            // Services other than Amazon's do not know the newer checksums.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public Task PutAsync(MediaFile file, ReadOnlyMemory<byte> content, CancellationToken cancellation) => CallAsync(async limit =>
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        var request = new PutObjectRequest
        {
            BucketName = options.Bucket,
            Key = KeyOf(file),
            InputStream = stream,
            ContentType = MediaFile.ContentType,
            UseChunkEncoding = false,
        };
        request.Headers.CacheControl = MediaResult.CacheControl;
        await client.PutObjectAsync(request, limit);
        return true;
    }, cancellation);

    public Task<StoredFile?> OpenAsync(MediaFile file, CancellationToken cancellation) => CallAsync(async limit =>
    {
        // The connection is free again before the client reads: slow clients must not hold all of them.
        using var response = await client.GetObjectAsync(new GetObjectRequest { BucketName = options.Bucket, Key = KeyOf(file) }, limit);
        if (response.ContentLength is < 0 or > MaxFileBytes)
            throw new IOException($"The object {KeyOf(file)} has {response.ContentLength} bytes, which is no file of an image.");
        var content = new byte[response.ContentLength];
        await response.ResponseStream.ReadExactlyAsync(content, limit);
        return new StoredFile(new MemoryStream(content, writable: false), content.Length);
    }, cancellation);

    public async Task<long?> FindAsync(MediaFile file, CancellationToken cancellation) => (await CallAsync(
        limit => client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = options.Bucket, Key = KeyOf(file) }, limit),
        cancellation))?.ContentLength;

    public Task DeleteAsync(MediaFile file, CancellationToken cancellation) => CallAsync(
        limit => client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = options.Bucket, Key = KeyOf(file) }, limit),
        cancellation);

    public void Dispose() => client.Dispose();

    /// <summary>Calls the service; null when it knows no such object.</summary>
    private async Task<T?> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        // The client's limit is for one attempt; this one is for all of them with their pauses.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(options.TimeoutSeconds * (options.MaxRetries + 1.0) + 5));
        try
        {
            return await call(limit.Token);
        }
        catch (AmazonS3Exception e) when (e is { StatusCode: HttpStatusCode.NotFound, ErrorCode: not "NoSuchBucket" })
        {
            return default;
        }
        catch (Exception e) when (
            e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new UnavailableException(ErrorText.Of("error.media-store", "The store for images does not answer."), e);
        }
    }

    private string KeyOf(MediaFile file) => $"{options.Prefix}{file.Folder}/{file.Name}";
}
