using System.Collections.Concurrent;
using Orleans.Metadata;
using Orleans.Serialization.TypeSystem;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// Keeps the Orleans name of each grain interface once it is found. Orleans reads the interface's attributes and formats its name for every
/// grain reference that is made.
/// </summary>
internal sealed class CachedInterfaceTypes(IServiceProvider services, TypeConverter converter) : IGrainInterfaceTypeProvider
{
    private readonly ConcurrentDictionary<Type, GrainInterfaceType> known = new();
    private GrainInterfaceTypeResolver? resolver;

    public bool TryGetGrainInterfaceType(Type type, out GrainInterfaceType grainInterfaceType)
    {
        grainInterfaceType = known.GetOrAdd(type, static (t, self) => self.Others().GetGrainInterfaceType(t), this);
        return true;
    }

    /// <summary>What Orleans has without this one.</summary>
    private GrainInterfaceTypeResolver Others() =>
        resolver ??= new GrainInterfaceTypeResolver(services.GetServices<IGrainInterfaceTypeProvider>().Where(p => p != this), converter);
}
