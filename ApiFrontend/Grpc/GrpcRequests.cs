using System.Globalization;
using Grpc.AspNetCore.Server;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Recognizes gRPC requests, and reads their deadline.</summary>
internal static class GrpcRequests
{
    /// <summary>The media type of requests and responses.</summary>
    public const string ContentType = "application/grpc";

    private const string TimeoutHeader = "grpc-timeout";

    /// <summary>The most digits of a time-out.</summary>
    private const int MaxDigits = 8;

    /// <summary>True for a request of a gRPC client, to a method of a service or to a path that no route has.</summary>
    public static bool IsGrpc(this HttpRequest request) =>
        request.HttpContext.GetEndpoint()?.Metadata is var route && (route is null || route.GetMetadata<GrpcMethodMetadata>() is not null)
        && request.ContentType is { } type && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] is ';' or '+' or ' ')
        && !HttpProtocol.IsHttp11(request.Protocol) && !HttpProtocol.IsHttp10(request.Protocol);

    /// <summary>Returns the time that the client gives the call; null without one.</summary>
    public static TimeSpan? Timeout(this HttpRequest request)
    {
        if (request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is null
            || request.Headers[TimeoutHeader].ToString() is not { Length: > 1 and <= MaxDigits + 1 } text
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value == 0)
            return null;
        return text[^1] switch
        {
            'H' => TimeSpan.FromHours(value),
            'M' => TimeSpan.FromMinutes(value),
            'S' => TimeSpan.FromSeconds(value),
            'm' => TimeSpan.FromMilliseconds(value),
            'u' => TimeSpan.FromMicroseconds(value),
            'n' => TimeSpan.FromTicks(value / TimeSpan.NanosecondsPerTick),
            _ => null,
        };
    }
}
