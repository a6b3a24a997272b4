namespace SoonShop;

/// <summary>
/// Creates references to grains like <c>GetGrain</c>, for calls that every checkout makes. <c>GetGrain</c> reads the attributes of the
/// interface by reflection at each call; here that happens once per interface and process.
/// </summary>
public static class GrainReferences
{
    /// <summary>Returns a reference to the grain with this key. It costs no call.</summary>
    public static T Reference<T>(this IGrainFactory grains, Guid key) where T : class, IGrainWithGuidKey =>
        Known<T>.Types is { } types
            ? (T)grains.GetGrain(GrainId.Create(types.Grain, GrainIdKeyExtensions.CreateGuidKey(key)), types.Interface)
            : Known<T>.Learn(grains.GetGrain<T>(key));

    /// <summary>Returns a reference to the grain with this key. It costs no call.</summary>
    public static T Reference<T>(this IGrainFactory grains, string key) where T : class, IGrainWithStringKey =>
        Known<T>.Types is { } types
            ? (T)grains.GetGrain(GrainId.Create(types.Grain, key), types.Interface)
            : Known<T>.Learn(grains.GetGrain<T>(key));

    /// <summary>Returns a reference to the grain with this key. It costs no call.</summary>
    public static T Reference<T>(this IGrainFactory grains, long key) where T : class, IGrainWithIntegerKey =>
        Known<T>.Types is { } types
            ? (T)grains.GetGrain(GrainId.Create(types.Grain, GrainIdKeyExtensions.CreateIntegerKey(key)), types.Interface)
            : Known<T>.Learn(grains.GetGrain<T>(key));

    /// <summary>
    /// Returns a reference to a grain, for calls of an interface that grains of several types implement. It costs no call.
    /// </summary>
    public static T Reference<T>(this IGrainFactory grains, GrainId id) where T : class, IAddressable =>
        (T)grains.GetGrain(id, KnownInterface<T>.Type ??= ((GrainReference)(object)grains.GetGrain(id).AsReference<T>()).InterfaceType);

    private sealed record GrainTypes(GrainType Grain, GrainInterfaceType Interface);

    /// <summary>The types of the grains that implement an interface. They are the same in all clusters of one process.</summary>
    private static class Known<T> where T : class, IAddressable
    {
        public static GrainTypes? Types { get; private set; }

        public static T Learn(T reference)
        {
            Types = new GrainTypes(reference.GetGrainId().Type, ((GrainReference)(object)reference).InterfaceType);
            return reference;
        }
    }

    private static class KnownInterface<T>
    {
        public static GrainInterfaceType? Type { get; set; }
    }
}
