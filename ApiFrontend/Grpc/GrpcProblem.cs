using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;
using RpcStatus = Google.Rpc.Status;

namespace SoonShop.ApiFrontend.Grpc;

/// <summary>
/// An error as a gRPC status with google.rpc details: the problem code in <c>ErrorInfo.reason</c>, the trace id in <c>RequestInfo</c>, the
/// wait in <c>RetryInfo</c>, the fields in <c>BadRequest</c>.
/// </summary>
internal static class GrpcProblem
{
    /// <summary>The domain of all reasons.</summary>
    public const string Domain = "soonshop.dev";

    /// <summary>The trailer with the details.</summary>
    private const string DetailsTrailer = "grpc-status-details-bin";

    /// <summary>The longest message, in characters.</summary>
    private const int MaxMessageLength = 300;

    /// <summary>The most bytes of a status. Clients limit the headers of a response, some of them to 8 KiB.</summary>
    private const int MaxBytes = 4096;

    /// <summary>Writes the error as the whole response, before anything else of it is written.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="code">The status; null for that of the error's code.</param>
    public static void Write(HttpContext context, Error error, StatusCode? code = null)
    {
        var status = ToStatus(context, error, code);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = GrpcRequests.ContentType;
        response.Headers["grpc-status"] = status.Code.ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(status.Message);
        response.Headers[DetailsTrailer] = Convert.ToBase64String(status.ToByteArray());
    }

    /// <summary>Returns the error as the exception that ends a call.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="code">The status; null for that of the error's code.</param>
    public static RpcException ToException(HttpContext context, Error error, StatusCode? code = null)
    {
        var status = ToStatus(context, error, code);
        var trailers = new Metadata { { DetailsTrailer, status.ToByteArray() } };
        return new RpcException(new global::Grpc.Core.Status((StatusCode)status.Code, status.Message), trailers);
    }

    private static RpcStatus ToStatus(HttpContext context, Error error, StatusCode? code)
    {
        var language = Messages.For(context.Request);
        context.Response.Headers.ContentLanguage = language.Language;
        var message = Problem.DetailOf(error, language);
        var info = new ErrorInfo { Domain = Domain, Reason = error.Code };
        if (error.OrderId is { } order)
            info.Metadata["orderId"] = order.ToString();
        if (error.DeclineCode is { } declined)
            info.Metadata["declineCode"] = declined;
        var status = new RpcStatus
        {
            Code = (int)(code ?? GrpcStatuses.Of(error.Code)),
            Message = message.Length <= MaxMessageLength ? message : string.Concat(message.AsSpan(0, Cut(message)), "…"),
            Details = { Any.Pack(info), Any.Pack(new RequestInfo { RequestId = context.TraceId() }) },
        };
        if (Problem.WaitOf(error) is { } wait)
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(wait) }));
        AddQuote(status, error);
        AddShortages(status, error);
        AddFields(status, error, language);
        return status;
    }

    private static void AddQuote(RpcStatus status, Error error)
    {
        if (error.Quote is { } quote)
            status.Details.Add(Any.Pack(new V1.Quote
            {
                Subtotal = quote.Subtotal.ToMessage(),
                Shipping = quote.Shipping.ToMessage(),
                Tax = quote.Tax.ToMessage(),
                Total = quote.Total.ToMessage(),
            }));
    }

    private static void AddShortages(RpcStatus status, Error error)
    {
        if (error.Lines is not { IsDefaultOrEmpty: false } lines)
            return;
        var shortages = new V1.Shortages();
        var left = MaxBytes - status.CalculateSize();
        foreach (var line in lines.Select(l => new V1.Shortage { Sku = l.Sku, Requested = l.Requested, Available = l.Available }))
        {
            if ((left -= SizeOf(line)) > 0)
                shortages.Lines.Add(line);
        }
        status.Details.Add(Any.Pack(shortages));
    }

    private static void AddFields(RpcStatus status, Error error, Messages language)
    {
        if (error.Errors is not { } errors)
            return;
        var fields = new BadRequest();
        var left = MaxBytes - status.CalculateSize();
        foreach (var (field, texts) in Problem.ErrorsOf(error, errors, language))
        {
            foreach (var violation in texts.Select(t => new BadRequest.Types.FieldViolation { Field = NameOf(field), Description = t }))
            {
                if ((left -= SizeOf(violation)) > 0)
                    fields.FieldViolations.Add(violation);
            }
        }
        status.Details.Add(Any.Pack(fields));
    }

    /// <summary>The size of a message within another one: with its tag and length.</summary>
    private static int SizeOf(IMessage message) => message.CalculateSize() + 4;

    /// <summary>Converts <c>shippingAddress.postalCode</c> to <c>shipping_address.postal_code</c>, and headers to metadata.</summary>
    private static string NameOf(string field) => field.Contains('-', StringComparison.Ordinal)
        ? field.ToLowerInvariant()
        : string.Join('.', field.Split('.').Select(JsonNamingPolicy.SnakeCaseLower.ConvertName));

    /// <summary>Where a long message is cut: not within a character.</summary>
    private static int Cut(string message) => char.IsHighSurrogate(message[MaxMessageLength - 1]) ? MaxMessageLength - 1 : MaxMessageLength;
}
