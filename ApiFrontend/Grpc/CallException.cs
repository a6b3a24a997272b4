namespace SoonShop.ApiFrontend.Grpc;

/// <summary>Ends a gRPC call with an error; <see cref="ErrorInterceptor"/> converts it.</summary>
internal sealed class CallException(Error error) : Exception(error.Detail)
{
    /// <summary>The error.</summary>
    public Error Error => error;
}

/// <summary>Ends calls by results.</summary>
internal static class CallResults
{
    /// <summary>Returns the value, or ends the call with the error.</summary>
    public static T OrThrow<T>(this Result<T> result) => result.IsError ? throw new CallException(result.Error) : result.Value;
}
