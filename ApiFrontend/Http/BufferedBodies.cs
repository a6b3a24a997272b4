using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Reads a request's whole body before any work is done. So a client that sends slowly occupies only a connection, and uses neither a place
/// among concurrent requests nor its time limit. The body can be read again when it could not be bound (<see cref="BadRequestReader"/>).
/// </summary>
internal static class BufferedBodies
{
    /// <summary>Larger bodies are buffered in a file.</summary>
    private const int MaxBytesInMemory = 256 * 1024;

    /// <summary>Bodies up to this size are read into an array.</summary>
    private const int MaxSmallBytes = 16 * 1024;

    public static void UseBufferedBodies(this IApplicationBuilder app, HttpOptions options)
    {
        var limit = TimeSpan.FromSeconds(options.BodySeconds);
        app.Use((context, next) =>
            context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<StreamedBody>() is not null
            || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }
            || TryTakeArrived(context)
                ? next(context)
                : BufferAsync(context, limit, next));
    }

    /// <summary>Takes a small body that has arrived together with its headers, as most do. False leaves the body unread.</summary>
    private static bool TryTakeArrived(HttpContext context)
    {
        if (context.Request.ContentLength is not (> 0 and <= MaxSmallBytes and var length))
            return false;
        var reader = context.Request.BodyReader;
        try
        {
            if (!reader.TryRead(out var read))
                return false;
            if (!read.IsCompleted || read.IsCanceled || read.Buffer.Length != length)
            {
                reader.AdvanceTo(read.Buffer.Start);
                return false;
            }
            var body = new SmallBody(read.Buffer.ToArray());
            reader.AdvanceTo(read.Buffer.End);
            context.Request.Body = body;
            context.Features.Set<IRequestBodyPipeFeature>(body);
            return true;
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status400BadRequest)
        {
            throw new UnreadableBodyException(e);
        }
    }

    private static async Task BufferAsync(HttpContext context, TimeSpan limit, RequestDelegate next)
    {
        context.Request.EnableBuffering(MaxBytesInMemory);
        using (var late = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted))
        {
            late.CancelAfter(limit);
            try
            {
                await context.Request.Body.DrainAsync(late.Token);
            }
            catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
            {
                throw new UnreadableRequestException(ErrorText.Of(
                    "error.body-slow", "The body arrived too slowly."), StatusCodes.Status408RequestTimeout);
            }
            catch (Exception e) when (UnreadableBodyException.IsCause(e))
            {
                throw new UnreadableBodyException(e);
            }
        }
        context.Request.Body.Position = 0;
        await next(context);
    }

    /// <summary>A whole body in memory. <see cref="MemoryStream.TryGetBuffer"/> returns its array.</summary>
    private sealed class SmallBody(byte[] bytes)
        : MemoryStream(bytes, 0, bytes.Length, writable: false, publiclyVisible: true), IRequestBodyPipeFeature
    {
        private PipeReader? reader;

        PipeReader IRequestBodyPipeFeature.Reader => reader ??= PipeReader.Create(new ReadOnlySequence<byte>(GetBuffer()));
    }
}
